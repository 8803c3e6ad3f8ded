import { type Context, TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { BatchLogRecordProcessor, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchNumbers } from '../configuration/exporting.js';
import type { ExportQueue } from './export-queue.js';
import { outside } from './outside.js';

type Queue<Batch> = Pick<ExportQueue<Batch>, 'take' | 'room' | 'lost' | 'settled' | 'shutdown'>;
type Done = (result: ExportResult) => void;

/**
 * The exporter of a stock batch processor, which passes batches on to a queue. It reports success at once: until then the
 * processor would hold the process with a timer, and drop what ends meanwhile. It also keeps a list of what the processor holds,
 * since the processor cannot be emptied in one synchronous step and does not report what it drops. The processor exports in
 * the order in which it got items, so that the list is shortened by counting.
 */
class HandOver<T extends object> {
  /** What the processor has and has not exported yet, in the order in which both have it. */
  #waiting: T[] = [];
  /** So many of what it exports next were taken before. */
  #drained = 0;
  readonly #exported: { readonly items: T[]; readonly done: Done }[] = [];
  readonly #batchSize: number;

  constructor(
    private readonly queue: Queue<T[]>,
    { maxExportBatchSize = 512, maxQueueSize }: BatchNumbers,
  ) {
    this.#batchSize = Math.min(maxExportBatchSize, maxQueueSize);
  }

  /** Numbers for the stock processor, which never finds its own queue full: what does not fit is dropped, and counted, here. */
  numbers({ scheduledDelayMillis, maxQueueSize }: BatchNumbers) {
    return {
      ...(scheduledDelayMillis !== undefined && { scheduledDelayMillis }),
      maxExportBatchSize: this.#batchSize,
      maxQueueSize: WAITING * maxQueueSize,
    };
  }

  /** Whether the processor may have it. */
  admits(item: T): boolean {
    if (this.#waiting.length >= this.queue.room()) {
      this.queue.lost(1);
      return false;
    }
    this.#waiting.push(item);
    return true;
  }

  /** Called in the path of the request whose item makes a batch full: the work is done one turn later. */
  export(items: T[], done: Done): void {
    this.#exported.push({ items, done });
    outside(() => setImmediate(() => this.#takeExported()));
  }

  /** Hands over what the processor still holds, for a process that is ending. */
  drain(): void {
    const items = this.#waiting;
    this.#waiting = [];
    this.#drained += items.length;
    for (let start = 0; start < items.length; start += this.#batchSize) {
      this.queue.take(items.slice(start, start + this.#batchSize));
    }
  }

  forceFlush(): Promise<void> {
    this.#takeExported();
    return this.queue.settled();
  }

  /** A flush may be under way: the processor then calls this before it has exported everything. */
  shutdown(): Promise<void> {
    this.#takeExported();
    this.drain();
    return this.queue.shutdown();
  }

  #takeExported(): void {
    for (const { items, done } of this.#exported.splice(0)) {
      const drained = Math.min(this.#drained, items.length);
      this.#drained -= drained;
      const fresh = drained === 0 ? items : items.slice(drained);
      this.#waiting.splice(0, fresh.length);
      if (fresh.length > 0) this.queue.take(fresh);
      done({ code: ExportResultCode.SUCCESS });
    }
  }
}

/** Of the items that may wait for their batch, so many times as many may wait in all: a minute of a busy service. */
export const WAITING = 16;

/** One of OpenTelemetry's batch processors, with a {@link HandOver} as its exporter. */
abstract class Batches<T extends object, P extends Pick<SpanProcessor, 'forceFlush' | 'shutdown'>> {
  protected readonly processor: P;
  readonly #handOver: HandOver<T>;
  #ended: Promise<void> | undefined;

  constructor(
    queue: Queue<T[]>,
    numbers: BatchNumbers,
    create: (config: { exporter: HandOver<T> } & ReturnType<HandOver<T>['numbers']>) => P,
  ) {
    this.#handOver = new HandOver(queue, numbers);
    this.processor = create({ exporter: this.#handOver, ...this.#handOver.numbers(numbers) });
  }

  /** Hands over what the processor still holds, for a process that is ending. */
  drain(): void {
    this.#handOver.drain();
  }

  async forceFlush(): Promise<void> {
    await this.processor.forceFlush();
    await this.#handOver.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#ended ??= this.processor.shutdown();
    return this.#ended;
  }

  /** Whether the processor may have an item. What comes after `shutdown` is left out. */
  protected admits(item: T): boolean {
    return this.#ended === undefined && this.#handOver.admits(item);
  }
}

/** Batches of finished spans, sampled ones only. */
export class SpanBatches extends Batches<ReadableSpan, BatchSpanProcessor> implements SpanProcessor {
  constructor(queue: Queue<ReadableSpan[]>, numbers: BatchNumbers) {
    super(queue, numbers, (config) => new BatchSpanProcessor(config));
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    if (isSampled && this.admits(span)) this.processor.onEnd(span);
  }
}

/** Batches of log records. */
export class LogBatches extends Batches<ReadableLogRecord, BatchLogRecordProcessor> implements LogRecordProcessor {
  constructor(queue: Queue<ReadableLogRecord[]>, numbers: BatchNumbers) {
    super(queue, numbers, (config) => new BatchLogRecordProcessor(config));
  }

  onEmit(record: Parameters<LogRecordProcessor['onEmit']>[0], _context?: Context): void {
    if (this.admits(record)) this.processor.onEmit(record);
  }
}

/** The exporter of a metric reader; it reports success at once, for the same reason as {@link HandOver}. */
export class MetricHandOver implements PushMetricExporter {
  readonly selectAggregation: PushMetricExporter['selectAggregation'];
  readonly selectAggregationTemporality: PushMetricExporter['selectAggregationTemporality'];

  /** @param preferences says how to aggregate, as the OTLP metric exporter does */
  constructor(
    private readonly queue: Queue<ResourceMetrics>,
    preferences: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'> = {},
  ) {
    this.selectAggregation = preferences.selectAggregation?.bind(preferences);
    this.selectAggregationTemporality = preferences.selectAggregationTemporality?.bind(preferences);
  }

  export(metrics: ResourceMetrics, done: Done): void {
    this.queue.take(metrics);
    done({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return this.queue.settled();
  }

  shutdown(): Promise<void> {
    return this.queue.shutdown();
  }
}
