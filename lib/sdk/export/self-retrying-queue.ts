import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { AttemptResult } from './attempt-result.js';
import { MemoryBacklog } from './backlog.js';
import type { Destination } from './destination.js';
import { ExportQueue } from './export-queue.js';
import { HttpAttempt } from './http-attempt.js';
import { outside } from './outside.js';
import { BATCHES, type Batches, type BatchOf, type Signal } from './signal.js';

/** An exporter that makes its own retries. */
export interface RetryingExporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

/**
 * The queue of an exporter that makes its own retries: what it reports as failed is counted as dropped.
 *
 * @param most items that may be held in memory
 * @param timeout milliseconds that one export may take, all its retries included
 */
export function selfRetryingQueue<S extends Signal>(
  signal: S,
  exporter: RetryingExporter<BatchOf[S]>,
  destination: Destination,
  { most, timeout }: { most: number; timeout: number },
): ExportQueue<BatchOf[S]> {
  const batches = BATCHES[signal] as Batches<BatchOf[S]>;
  const attempts = new Set<HttpAttempt>();
  const send = (batch: BatchOf[S]) => {
    const attempt = new HttpAttempt();
    attempts.add(attempt);
    let timer: NodeJS.Timeout | undefined;
    return new Promise<AttemptResult>((resolve) => {
      timer = setTimeout(() => resolve(lost(new Error(`no answer within ${timeout} ms`))), timeout).unref();
      const done = ({ code, error }: ExportResult) =>
        resolve(code === ExportResultCode.SUCCESS ? { status: 'accepted' } : lost(error));
      outside(() => attempt.run(() => exporter.export(batch, done)));
    })
      .catch(lost)
      .finally(() => {
        clearTimeout(timer);
        attempts.delete(attempt);
      });
  };
  const neverEncoded = () => {
    throw new Error('it is sent by its own exporter only');
  };
  return new ExportQueue<BatchOf[S]>({
    signal,
    destination,
    batches,
    sender: {
      send: (batch) => send(batch as BatchOf[S]),
      abandon() {
        for (const attempt of attempts) attempt.abandon();
      },
      shutdown: () => void exporter.shutdown().catch(() => {}),
    },
    backlog: new MemoryBacklog({ items: most, bytes: Number.POSITIVE_INFINITY }, batches, neverEncoded),
  });
}

function lost(error: Error | undefined): AttemptResult {
  return { status: 'lost', error: error ?? new Error('unknown error') };
}
