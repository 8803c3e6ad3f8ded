import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import { messageOf } from '../warnings.js';
import type { AzureOutcome, AzureTransport } from './transport.js';

type Done = (result: ExportResult) => void;

interface Exporter<Batch> {
  // The exporters of Azure return a promise from it, which may be rejected.
  export(batch: Batch, done: Done): unknown;
  shutdown(): Promise<void>;
}

/** Why an export failed, and how much of it. */
export class AzureExportError extends Error {
  override readonly name = 'AzureExportError';

  /**
   * @param rejected envelopes that are lost, where the others of the batch arrived; a span, each of its events, a log
   * record and a point of a metric are one each
   */
  constructor(
    message: string,
    readonly rejected: number | undefined,
  ) {
    super(message);
  }
}

/**
 * An exporter of Azure with items adapted, one result per export, and that result true: the exporter itself calls back
 * twice for spans, and reports as delivered what it dropped.
 */
export class AdaptedExporter<Batch> {
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly inner: Exporter<Batch>,
    private readonly transport: AzureTransport,
    private readonly adapt: (batch: Batch) => Batch,
  ) {}

  export(batch: Batch, done: Done): void {
    const exported = this.#export(batch).then(done);
    this.#pending.add(exported);
    exported.finally(() => this.#pending.delete(exported));
  }

  /** Resolves when everything that was under way has ended, well or not. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled([...this.#pending]);
  }

  /** Waits for what is under way, without a pause before a next attempt. Never rejects. */
  async shutdown(): Promise<void> {
    this.transport.close();
    await this.forceFlush();
    await this.inner.shutdown().catch(() => {});
  }

  async #export(batch: Batch): Promise<ExportResult> {
    const outcome: AzureOutcome = {};
    try {
      const { code, error } = await this.#run(this.adapt(batch), outcome);
      if (code !== ExportResultCode.SUCCESS)
        return failed(outcome.trouble ?? error?.message ?? 'unknown error', outcome);
      const isSafe = outcome.trouble === undefined || (outcome.isStored && outcome.rejected === undefined);
      return isSafe ? { code } : failed(String(outcome.trouble), outcome);
    } catch (error) {
      return failed(messageOf(error), outcome);
    }
  }

  #run(batch: Batch, outcome: AzureOutcome): Promise<ExportResult> {
    return new Promise((resolve, reject) => {
      context.with(suppressTracing(context.active()), () =>
        this.transport.observe(outcome, () => {
          Promise.resolve(this.inner.export(batch, resolve)).catch(reject);
        }),
      );
    });
  }
}

function failed(message: string, { rejected }: AzureOutcome): ExportResult {
  return { code: ExportResultCode.FAILED, error: new AzureExportError(message, rejected) };
}
