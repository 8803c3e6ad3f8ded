import type { Telemetry } from './start.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Gets telemetry out before the process ends, and changes nothing about how it ends: never an exit of its own, the same
 * signal and exit code as without it.
 *
 * @returns takes the listeners away again
 */
export function shutDownWithProcess(telemetry: Telemetry): () => void {
  let isEnding = false;

  const onSignal = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1) {
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

  const onBeforeExit = () => {
    telemetry.shutdown();
  };

  const remove = () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('beforeExit', onBeforeExit);
  };

  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.once('beforeExit', onBeforeExit);
  return remove;
}
