import { Worker } from 'node:worker_threads';
import type { PendingParcel } from './delivery/parcel.js';

/** What the worker is given. */
export interface LastWords {
  readonly parcels: readonly PendingParcel[];
  /** Milliseconds that one attempt may take. */
  readonly timeout: number;
  /** How many attempts have ended, and of them how many items were delivered. */
  readonly progress: Int32Array;
}

const WORKER = new URL('./last-words-worker.js', import.meta.url);

/**
 * Sends parcels while the process stands still, for one that is in its `exit` event: no timer fires any more, no socket of
 * its own is served, and it ends when this returns. A thread of its own sends; the process waits for it, at most so long.
 *
 * @returns how many items were delivered
 */
export function sendLastWords(parcels: readonly PendingParcel[], timeout: number): number {
  if (parcels.length === 0) return 0;
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const deadline = performance.now() + timeout;
  // Neither the app's flags nor its NODE_OPTIONS: they would start telemetry, and the app's other preloads, once more.
  const worker = new Worker(WORKER, {
    execArgv: [],
    env: {},
    workerData: { parcels, timeout, progress } satisfies LastWords,
  });
  worker.unref();
  for (let ended = 0; ended < parcels.length; ended = Atomics.load(progress, 0)) {
    const left = deadline - performance.now();
    if (left <= 0 || Atomics.wait(progress, 0, ended, left) === 'timed-out') break;
  }
  return Atomics.load(progress, 1);
}
