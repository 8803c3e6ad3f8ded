import { Worker } from 'node:worker_threads';
import type { PendingParcel } from './delivery/parcel.js';

/** What the worker is given. */
export interface LastWords {
  readonly parcels: readonly PendingParcel[];
  /** Milliseconds that one attempt may take. */
  readonly timeout: number;
  /** How many attempts have ended; then, for each parcel, whether it was delivered. */
  readonly progress: Int32Array;
}

const WORKER = new URL('./last-words-worker.js', import.meta.url);
// The process may ask twice, before and after the app's own listeners; a parcel is the same by its body.
const spoken = new WeakSet<Uint8Array>();
const arrived = new WeakSet<Uint8Array>();

/** Knows the bodies that have been delivered here. */
export const delivered: { has(body: Uint8Array): boolean } = arrived;

/**
 * Sends parcels while the process stands still, for one that is about to end: no timer fires any more, no socket of its own
 * is served, and it ends when this returns. A thread of its own sends; the process waits for it, at most so long. Each
 * parcel is tried once, whatever became of it; what was in flight already may arrive twice.
 *
 * @param timeout milliseconds for everything together; with none left nothing is tried
 * @returns how many items were delivered; those of an earlier call, which was answered for them, count as delivered
 */
export function sendLastWords(parcels: readonly PendingParcel[], timeout: number): number {
  const fresh = parcels.filter(({ body }) => !spoken.has(body));
  const earlier = items(parcels) - items(fresh);
  for (const { body } of fresh) spoken.add(body);
  if (fresh.length === 0 || timeout <= 0) return earlier;
  const progress = send(fresh, timeout);
  const reached = fresh.filter((_, index) => Atomics.load(progress, index + 1) === 1);
  for (const { body } of reached) arrived.add(body);
  return earlier + items(reached);
}

function send(parcels: readonly PendingParcel[], timeout: number): Int32Array {
  const progress = new Int32Array(new SharedArrayBuffer(4 * (1 + parcels.length)));
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
  return progress;
}

function items(parcels: readonly PendingParcel[]): number {
  return parcels.reduce((sum, parcel) => sum + parcel.items, 0);
}
