import type { Telemetry } from './start.js';

/** What a process needs of telemetry when it ends. */
export interface Ending extends Telemetry {
  /** Gets out what it can before it returns, where there is no time for anything else. Never throws. */
  lastWords(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Gets telemetry out before the process ends, and changes nothing about how it ends: never an exit of its own, the same
 * signal and exit code, the same report of an error that nobody caught.
 *
 * @returns takes the listeners away again
 */
export function shutDownWithProcess(telemetry: Ending): () => void {
  let isEnding = false;

  const onSignal = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1 + politeListeners()) {
      // The app has a say in this signal: it decides when the process ends, `beforeExit` or its own call does the rest.
      telemetry.flush();
      return;
    }
    // The second time somebody is in a hurry.
    if (isEnding) return again(signal);
    isEnding = true;
    telemetry.shutdown().then(() => again(signal));
  };

  /** With the last listener gone, Node's own handling of the signal is back. */
  const again = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
  };

  // One turn later: a signal that the app has just raised again, as Nest does at its end, is delivered before.
  const onBeforeExit = () => {
    setImmediate(() => telemetry.shutdown());
  };

  // `process.exit()`, and errors that nobody caught: the process is past all waiting.
  const onExit = () => telemetry.lastWords();

  const remove = () => {
    process.off('exit', onExit);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('beforeExit', onBeforeExit);
  };

  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.once('beforeExit', onBeforeExit);
  process.once('exit', onExit);
  return remove;
}

/**
 * Listeners of the package signal-exit, which many packages bring along: they raise the signal again, but only once they
 * are alone, and so would wait for annotel as annotel would wait for them.
 */
function politeListeners(): number {
  const versions = [
    (process as { __signal_exit_emitter__?: { count?: number } }).__signal_exit_emitter__,
    (globalThis as { [key: symbol]: { count?: number } | undefined })[Symbol.for('signal-exit emitter')],
  ];
  return versions.reduce((sum, version) => sum + (version?.count ?? 0), 0);
}
