/** What a process needs of telemetry when it ends. */
export interface Ending {
  /** @param isLast the process ends right after this: whoever needs a proper end gets it now */
  flush(isLast?: boolean): Promise<void>;
  /** The process has nothing left to do: telemetry ends, too. */
  finished(): void;
  /**
   * Gets out what it can before it returns, where there is no time for anything else. Never throws.
   *
   * @param timeout milliseconds that it may take, where it would take more
   */
  flushAtExit(timeout?: number): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
// Somebody in a hurry still waits so many milliseconds, since what looks like it is often one signal that came twice.
const HURRY = 1000;

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
      // The app has a say in this signal: it decides when the process ends, `beforeExit`, `exit` or its own call does the rest.
      telemetry.flush();
      return;
    }
    if (isEnding) return again(signal, HURRY);
    isEnding = true;
    // Not a shutdown: requests that are being served end spans until the process is gone.
    telemetry.flush(true).then(() => again(signal));
  };

  /** Nothing can end any more while what is left is exported. With the last listener gone, Node's own handling is back. */
  const again = (signal: NodeJS.Signals, timeout?: number) => {
    telemetry.flushAtExit(timeout);
    remove();
    process.kill(process.pid, signal);
  };

  // One turn later: a signal that the app has just raised again, as Nest does at its end, is delivered before.
  const onBeforeExit = () => {
    setImmediate(() => telemetry.finished());
  };

  // `process.exit()`, and errors that nobody caught: the process is past all waiting. Before the app's own listeners, of
  // which one may call `process.exit()` again and be the last; and once more after them, for what they have ended.
  const onExit = () => telemetry.flushAtExit();
  const afterOthers = () => telemetry.flushAtExit();
  const onNewListener = (event: string | symbol, listener: unknown) => {
    if (event !== 'exit' || listener === afterOthers) return;
    queueMicrotask(() => {
      if (!process.listeners('exit').includes(onExit)) return;
      process.off('exit', afterOthers);
      process.on('exit', afterOthers);
    });
  };

  const remove = () => {
    process.off('newListener', onNewListener);
    process.off('exit', onExit);
    process.off('exit', afterOthers);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('beforeExit', onBeforeExit);
  };

  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.once('beforeExit', onBeforeExit);
  process.on('exit', onExit);
  process.on('newListener', onNewListener);
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
