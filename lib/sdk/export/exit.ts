import { Worker } from 'node:worker_threads';
import type { PendingExport } from './export-queue.js';
import { threadFile, threadOptions } from './grpc-sender.js';
import type { AtExit } from './sending-thread.js';

// It may be called twice, before and after the app's own exit listeners; the body tells whether an export is the same.
const tried = new WeakSet<Uint8Array>();
const arrived = new WeakSet<Uint8Array>();

/** The bodies that were accepted. */
export const deliveredAtExit: { has(body: Uint8Array): boolean } = arrived;

/**
 * Exports synchronously, for an `exit` listener: no timer fires any more and no socket of the process is read. A worker thread
 * sends while the process waits (`Atomics.wait`). Each export is tried once; one that was in flight already may arrive twice.
 *
 * @param timeout milliseconds for everything together; with none left nothing is tried
 * @returns how many items were not accepted; those of an earlier call are left out, since it has reported them
 */
export function exportAtExit(pending: readonly PendingExport[], timeout: number): number {
  const fresh = pending.filter(({ body }) => !tried.has(body));
  for (const { body } of fresh) tried.add(body);
  if (fresh.length === 0 || timeout <= 0) return items(fresh);
  const progress = send(fresh, timeout);
  fresh.forEach(({ body }, index) => {
    if (Atomics.load(progress, index + 1) === 1) arrived.add(body);
  });
  return items(fresh.filter(({ body }) => !arrived.has(body)));
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
