import { TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { Batcher, type BatchNumbers, type Sink } from './batcher.js';

/** A sink at the end of a signal: it can be waited for and ended. */
export interface Delivery<Batch> extends Sink<Batch> {
  /** Resolves when what it has taken is out, or is held because nobody takes it. */
  settled(): Promise<void>;
  /** Sends what is left, as far as it can be sent now. */
  shutdown(): Promise<void>;
}

/** Batch numbers of which some may be left to the defaults of the SDK. */
export type SomeNumbers = { readonly [Name in keyof BatchNumbers]?: BatchNumbers[Name] | undefined };

/** What both batch processors have in common. */
class BatchProcessor<T extends object> {
  protected readonly batcher: Batcher<T>;
  #ended: Promise<void> | undefined;

  constructor(
    private readonly delivery: Delivery<T[]>,
    { maxQueueSize = 2048, maxExportBatchSize = 512, scheduledDelayMillis }: SomeNumbers,
    delay: number,
  ) {
    const numbers = { maxQueueSize, maxExportBatchSize, scheduledDelayMillis: scheduledDelayMillis ?? delay };
    this.batcher = new Batcher(delivery, numbers);
  }

  /** Hands everything over in one synchronous step. */
  drain(): void {
    this.batcher.drain();
  }

  async forceFlush(): Promise<void> {
    await this.batcher.flush();
    await this.delivery.settled();
  }

  shutdown(): Promise<void> {
    this.#ended ??= this.batcher.flush().then(() => this.delivery.shutdown());
    return this.#ended;
  }

  protected get isEnded(): boolean {
    return this.#ended !== undefined;
  }
}

/** Batches of finished spans, sampled ones only. What ends after `shutdown` is dropped, as the SDK does. */
export class SpanBatchProcessor extends BatchProcessor<ReadableSpan> implements SpanProcessor {
  constructor(delivery: Delivery<ReadableSpan[]>, numbers: SomeNumbers = {}) {
    super(delivery, numbers, 5000);
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (!this.isEnded && (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.batcher.add(span);
  }
}

/** Batches of log records. */
export class LogBatchProcessor extends BatchProcessor<ReadWriteLogRecord> implements LogRecordProcessor {
  constructor(delivery: Delivery<ReadWriteLogRecord[]>, numbers: SomeNumbers = {}) {
    super(delivery, numbers, 1000);
  }

  onEmit(record: ReadWriteLogRecord): void {
    if (!this.isEnded) this.batcher.add(record);
  }
}

/**
 * The end of a metric reader. The reader is told at once that its batch is taken: it would else hold the process until the
 * collector has answered, and report a failure that the destination reports already.
 */
export class MetricHandover implements PushMetricExporter {
  readonly selectAggregation: PushMetricExporter['selectAggregation'];
  readonly selectAggregationTemporality: PushMetricExporter['selectAggregationTemporality'];

  /** @param preferences says how to aggregate, as the OTLP metric exporter does */
  constructor(
    private readonly delivery: Delivery<ResourceMetrics>,
    preferences: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'> = {},
  ) {
    this.selectAggregation = preferences.selectAggregation?.bind(preferences);
    this.selectAggregationTemporality = preferences.selectAggregationTemporality?.bind(preferences);
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    this.delivery.take(metrics);
    done({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return this.delivery.settled();
  }

  shutdown(): Promise<void> {
    return this.delivery.shutdown();
  }
}
