import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Destination } from './destination.js';
import { outside } from './outside.js';
import type { Signal } from './parcel.js';
import type { Delivery } from './processors.js';
import type { Figures, Tally } from './tally.js';
import { inWords } from './transport.js';

/** An exporter of the SDK's kind, which sends, and tries again, by itself. */
export interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** How one signal is delivered by an exporter. */
export interface ExporterRoute<Batch> {
  readonly signal: Signal;
  readonly destination: Destination;
  readonly tally: Tally;
  /** Milliseconds that one export may take, second attempts included. */
  readonly timeout: number;
  /** Items that may be under way or wait; what comes on top is dropped. */
  readonly maxItems: number;
  readonly count: (batch: Batch) => number;
}

/** One batch on its way. */
interface Flight<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly landed: Promise<void>;
  /** Ends it, once; with what went wrong, if anything did. */
  land(trouble?: string): void;
}

const MOST_AT_ONCE = 20;

/**
 * Delivers by an exporter that annotel has not written. What is under way is bounded, is waited for and can be let go of;
 * what the exporter reports as failed is lost and counted.
 */
export class ExporterDelivery<Batch> implements Delivery<Batch> {
  readonly #flights = new Set<Flight<Batch>>();
  readonly #waiting: Flight<Batch>[] = [];
  #running = 0;
  #held = 0;
  #abandoned: string | undefined;
  #ended: Promise<void> | undefined;
  #hasLeft = false;

  constructor(
    private readonly exporter: Exporter<Batch>,
    private readonly route: ExporterRoute<Batch>,
  ) {
    route.destination.join();
  }

  take(batch: Batch): void {
    const flight = this.#prepare(batch);
    if (this.#abandoned !== undefined) flight.land(this.#abandoned);
    else if (this.#held > this.route.maxItems && this.#flights.size > 1) flight.land('too much is waiting to be sent');
    else if (this.#running < MOST_AT_ONCE) this.#start(flight);
    else this.#waiting.push(flight);
  }

  hasRoom(): boolean {
    return this.#abandoned === undefined && this.#held < this.route.maxItems;
  }

  lost(items: number): void {
    const { tally, destination, signal } = this.route;
    tally.taken += items;
    tally.dropped += items;
    destination.dropped(signal, items);
  }

  async settled(): Promise<void> {
    await Promise.all([this.exporter.forceFlush?.(), ...[...this.#flights].map((flight) => flight.landed)]);
  }

  close(): void {
    this.route.destination.ending();
  }

  shutdown(): Promise<void> {
    this.close();
    this.#ended ??= this.settled()
      .then(() => this.exporter.shutdown())
      .finally(() => this.#leave());
    return this.#ended;
  }

  /** Gives up what is under way and whatever still comes; says how many batches were under way. */
  abandon(reason: string): number {
    this.#abandoned ??= reason;
    this.#waiting.length = 0;
    const flights = [...this.#flights];
    for (const flight of flights) flight.land(reason);
    this.#leave(reason);
    return flights.length;
  }

  figures(): Figures {
    return this.route.tally.figures();
  }

  #leave(reason?: string): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.route.destination.left(this.route.signal, 0, reason);
  }

  #prepare(batch: Batch): Flight<Batch> {
    const { destination, signal, tally, count } = this.route;
    const items = count(batch);
    let ended = () => {};
    const flight: Flight<Batch> = {
      batch,
      items,
      landed: new Promise((resolve) => {
        ended = resolve;
      }),
      land: (trouble) => {
        if (!this.#flights.delete(flight)) return;
        this.#held -= items;
        if (trouble === undefined) {
          tally.exported += items;
          destination.recovered(signal);
        } else {
          tally.dropped += items;
          destination.dropped(signal, items);
          destination.failing(signal, trouble);
        }
        ended();
      },
    };
    tally.taken += items;
    this.#flights.add(flight);
    this.#held += items;
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
    const result = ({ code, error }: ExportResult) => {
      flight.land(code === ExportResultCode.SUCCESS ? undefined : inWords(error));
    };
    try {
      outside(() => this.exporter.export(flight.batch, result));
    } catch (error) {
      flight.land(inWords(error));
    }
  }
}
