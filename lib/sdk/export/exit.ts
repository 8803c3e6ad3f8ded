import { Worker } from 'node:worker_threads';
import type { PendingExport } from './export-queue.js';
import { threadFile, threadOptions } from './grpc-sender.js';
import type { AtExit } from './sending-thread.js';

// The process may ask twice, before and after the app's own listeners; a pending export is the same by its body.
const tried = new WeakSet<Uint8Array>();
const arrived = new WeakSet<Uint8Array>();

/** Knows the bodies that have arrived by this. */
export const deliveredAtExit: { has(body: Uint8Array): boolean } = arrived;

/**
 * Exports while the process stands still, for one that is about to end: no timer fires any more, no socket of its own is
 * served, and it ends when this returns. A thread of its own sends; the process waits for it, at most so long. Each one is
 * tried once, whatever became of it; what was in flight already may arrive twice.
 *
 * @param timeout milliseconds for everything together; with none left nothing is tried
 * @returns how many items arrived; those of an earlier call, which was answered for them, count as arrived
 */
export function exportAtExit(pending: readonly PendingExport[], timeout: number): number {
  const fresh = pending.filter(({ body }) => !tried.has(body));
  const earlier = items(pending) - items(fresh);
  for (const { body } of fresh) tried.add(body);
  if (fresh.length === 0 || timeout <= 0) return earlier;
  const progress = send(fresh, timeout);
  const reached = fresh.filter((_, index) => Atomics.load(progress, index + 1) === 1);
  for (const { body } of reached) arrived.add(body);
  return earlier + items(reached);
}

function send(pending: readonly PendingExport[], timeout: number): Int32Array {
  const progress = new Int32Array(new SharedArrayBuffer(4 * (1 + pending.length)));
  const deadline = performance.now() + timeout;
  const worker = new Worker(threadFile(), threadOptions({ pending, progress, timeout } satisfies AtExit));
  worker.unref();
  for (let ended = 0; ended < pending.length; ended = Atomics.load(progress, 0)) {
    const left = deadline - performance.now();
    if (left <= 0 || Atomics.wait(progress, 0, ended, left) === 'timed-out') break;
  }
  return progress;
}

function items(pending: readonly PendingExport[]): number {
  return pending.reduce((sum, one) => sum + one.items, 0);
}
