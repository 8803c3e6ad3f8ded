import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Signal } from './options.js';
import type { OtlpTransport } from './otlp-transport.js';
import type { Destination } from './outage.js';

type Done = (result: ExportResult) => void;

/** What the exporters of all three signals have in common. */
interface Exporter<Batch> {
  export(batch: Batch, done: Done): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** How one signal is delivered. */
interface Route<Batch> {
  readonly signal: Signal;
  readonly destination: Destination;
  /** `undefined` where the exporter sends by itself. */
  readonly transport: OtlpTransport | undefined;
  /** Milliseconds that one export may take. */
  readonly timeout: number;
  /** Items that may be under way at once; what comes on top is dropped. */
  readonly capacity: number;
  /** What a batch holds, in words: `{ spans: 12 }`. */
  readonly count: (batch: Batch) => Readonly<Record<string, number>>;
}

/** One batch on its way. */
interface Flight<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly landed: Promise<void>;
  /** Ends it, once; with what went wrong, if anything did. */
  land(trouble?: string): void;
}

// Below the limit of the OTLP exporters (30), which refuse what comes on top.
const MOST_AT_ONCE = 20;

/**
 * Stands between a processor and its exporter. The processor is told at once that its batch is taken: it would else hold
 * the process with a timer until the collector has answered, and report a failure that the destination reports already,
 * once per outage. What is under way is bounded, is waited for by `forceFlush` and `shutdown`, and can be let go of.
 */
export class WatchedExporter<Batch> implements Exporter<Batch> {
  readonly #flights = new Set<Flight<Batch>>();
  readonly #waiting: Flight<Batch>[] = [];
  #running = 0;
  #held = 0;
  #abandoned: string | undefined;

  constructor(
    private readonly inner: Exporter<Batch>,
    private readonly route: Route<Batch>,
  ) {}

  export(batch: Batch, done: Done): void {
    const flight = this.#prepare(batch);
    if (this.#abandoned !== undefined) flight.land(this.#abandoned);
    else if (this.#held > this.route.capacity && this.#flights.size > 1) flight.land('too much is waiting to be sent');
    else if (this.#running < MOST_AT_ONCE) this.#start(flight);
    else this.#waiting.push(flight);
    done({ code: ExportResultCode.SUCCESS });
  }

  /** Resolves when everything that was under way has ended, well or not. */
  async forceFlush(): Promise<void> {
    await Promise.all([this.inner.forceFlush?.(), ...[...this.#flights].map((flight) => flight.landed)]);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.inner.shutdown();
  }

  /** The process is about to end: no waiting for a collector to come back. */
  close(): void {
    this.route.transport?.close();
  }

  /**
   * Gives up what is under way and whatever still comes, and lets go of the sockets.
   *
   * @returns how many batches were under way
   */
  abandon(reason: string): number {
    this.#abandoned = reason;
    this.#waiting.length = 0;
    const flights = [...this.#flights];
    for (const flight of flights) flight.land(reason);
    this.route.transport?.abandon();
    return flights.length;
  }

  #prepare(batch: Batch): Flight<Batch> {
    const { destination, signal, count } = this.route;
    const counted = count(batch);
    let ended = () => {};
    const flight: Flight<Batch> = {
      batch,
      items: Object.values(counted).reduce((sum, items) => sum + items, 0),
      landed: new Promise((resolve) => {
        ended = resolve;
      }),
      land: (trouble) => {
        if (!this.#flights.delete(flight)) return;
        this.#held -= flight.items;
        if (trouble === undefined) destination.delivered(signal);
        else destination.failed(signal, counted, trouble);
        ended();
      },
    };
    this.#flights.add(flight);
    this.#held += flight.items;
    return flight;
  }

  #start(flight: Flight<Batch>): void {
    const { timeout } = this.route;
    this.#running += 1;
    const timer = setTimeout(() => flight.land(`no answer within ${timeout} ms`), timeout).unref();
    flight.landed.then(() => {
      clearTimeout(timer);
      this.#running -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next);
    });
    const result: Done = ({ code, error }) => {
      flight.land(code === ExportResultCode.SUCCESS ? undefined : inWords(error));
    };
    try {
      // One that had to wait starts where another landed, no longer in the context that its processor gave it.
      context.with(suppressTracing(context.active()), () => this.inner.export(flight.batch, result));
    } catch (error) {
      flight.land(inWords(error));
    }
  }
}

/** The metric exporter also says how to aggregate. */
export class WatchedMetricExporter extends WatchedExporter<ResourceMetrics> implements PushMetricExporter {
  readonly selectAggregation: PushMetricExporter['selectAggregation'];
  readonly selectAggregationTemporality: PushMetricExporter['selectAggregationTemporality'];

  constructor(inner: PushMetricExporter, route: Route<ResourceMetrics>) {
    super(inner, route);
    this.selectAggregation = inner.selectAggregation?.bind(inner);
    this.selectAggregationTemporality = inner.selectAggregationTemporality?.bind(inner);
  }
}

function inWords(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== 'ETIMEDOUT') return code;
  return typeof message === 'string' && message !== '' ? message.slice(0, 150) : 'unknown error';
}
