import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
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
  /** Milliseconds that an export may take; a little less than its processor waits, so that it never complains too. */
  readonly timeout: number;
  /** What a batch holds, in words: `{ spans: 12 }`. */
  readonly count: (batch: Batch) => Readonly<Record<string, number>>;
}

/** One call of `export`. */
interface Flight {
  readonly landed: Promise<void>;
  /** Ends it, once; with what went wrong, if anything did. */
  land(trouble?: string): void;
}

/**
 * Stands between a processor and its exporter: failures go to the destination, which warns once, and the processor is
 * told of success, so that it does not report them again. Can let go of what is under way when the process ends.
 */
export class WatchedExporter<Batch> implements Exporter<Batch> {
  readonly #flights = new Set<Flight>();
  #abandoned: string | undefined;

  constructor(
    private readonly inner: Exporter<Batch>,
    private readonly route: Route<Batch>,
  ) {}

  export(batch: Batch, done: Done): void {
    const flight = this.#takeOff(batch, done);
    if (this.#abandoned !== undefined) return flight.land(this.#abandoned);
    try {
      this.inner.export(batch, ({ code, error }) => {
        flight.land(code === ExportResultCode.SUCCESS ? undefined : inWords(error));
      });
    } catch (error) {
      flight.land(inWords(error));
    }
  }

  /** Resolves when every export that was under way has ended, well or not. */
  async forceFlush(): Promise<void> {
    await Promise.all([this.inner.forceFlush?.(), ...[...this.#flights].map((flight) => flight.landed)]);
  }

  async shutdown(): Promise<void> {
    await this.inner.shutdown();
  }

  /** The process is about to end: no waiting for a collector to come back. */
  close(): void {
    this.route.transport?.close();
  }

  /**
   * Gives up what is under way and whatever still comes, and lets go of the sockets.
   *
   * @returns how many exports were under way
   */
  abandon(reason: string): number {
    this.#abandoned = reason;
    const flights = [...this.#flights];
    for (const flight of flights) flight.land(reason);
    this.route.transport?.abandon();
    return flights.length;
  }

  #takeOff(batch: Batch, done: Done): Flight {
    const { destination, signal, timeout, count } = this.route;
    let ended = () => {};
    const flight: Flight = {
      landed: new Promise((resolve) => {
        ended = resolve;
      }),
      land: (trouble) => {
        if (!this.#flights.delete(flight)) return;
        clearTimeout(timer);
        if (trouble === undefined) destination.delivered(signal);
        else destination.failed(signal, count(batch), trouble);
        done({ code: ExportResultCode.SUCCESS });
        ended();
      },
    };
    const timer = setTimeout(() => flight.land(`no answer within ${timeout} ms`), timeout).unref();
    this.#flights.add(flight);
    return flight;
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
  return typeof message === 'string' && message !== '' ? message : 'unknown error';
}
