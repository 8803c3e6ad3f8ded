import type { Meter } from '@opentelemetry/api';
import {
  ATTR_ANNOTEL_TELEMETRY_OUTCOME,
  ATTR_ANNOTEL_TELEMETRY_SIGNAL,
  ATTR_SERVER_ADDRESS,
} from '../../genai/semconv.js';
import { Destination } from './destination.js';
import type { Delivered, ExportCounters, ExportQueue, PendingExport } from './export-queue.js';
import type { Spool } from './spool.js';

/** A queue that sends over a network: it can be flushed, closed and abandoned. */
export type Exporting = Pick<ExportQueue<never>, 'settled' | 'close' | 'abandon'> &
  Partial<Pick<ExportQueue<never>, 'pending' | 'counters' | 'hasAnswered'>>;

/** All queues that send over a network, and their destinations. */
export class Exports {
  readonly #all: Exporting[] = [];
  readonly #batches: { drain(): void }[] = [];
  readonly #destinations = new Map<string, Destination>();

  /** @param spool holds what cannot be sent, where one is configured */
  constructor(readonly spool?: Spool) {}

  /**
   * The destination that a URL belongs to: its origin.
   *
   * @param isHeld whether what cannot be sent there is held until it can
   */
  destination(url: string, isHeld = true): Destination {
    const name = originOf(url);
    const held = this.spool ? `spooled in ${this.spool.dir}` : 'held in memory as far as it fits';
    const destination = this.#destinations.get(name) ?? new Destination(name, isHeld ? held : 'dropped');
    this.#destinations.set(name, destination);
    return destination;
  }

  add<E extends Exporting>(one: E): E {
    this.#all.push(one);
    return one;
  }

  /** Adds a batch processor, whose items no queue has yet. */
  addBatches<B extends { drain(): void }>(batches: B): B {
    this.#batches.push(batches);
    return batches;
  }

  /** The process is about to end: what waits for a retry is tried once more, now. */
  close(): void {
    for (const one of this.#all) one.close();
  }

  /** Resolves when everything that the queues have got is sent, or is held because the destination is down. */
  async settled(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.settled()));
  }

  /**
   * Aborts whatever is under way and closes the sockets.
   *
   * @param delivered the bodies of pending exports that a thread has sent
   * @returns how many batches were left
   */
  abandon(reason: string, delivered?: Delivered): number {
    return this.#all.reduce((sum, one) => sum + one.abandon(reason, delivered), 0);
  }

  /**
   * Empties the batch processors into the queues, writes to the spool what is not there yet, and returns what is neither sent
   * nor on disk. Synchronous, for a process that is ending.
   */
  pending(): PendingExport[] {
    for (const batches of this.#batches) batches.drain();
    return this.#all.flatMap((one) => one.pending?.() ?? []);
  }

  /** Whether every destination that is waited for is known to answer. */
  get allHaveAnswered(): boolean {
    return this.#all.every(({ hasAnswered = true }) => hasAnswered);
  }

  /** The destinations that do not take telemetry now, and why. */
  outages(): { destination: string; reason: string }[] {
    return [...this.#destinations.values()].flatMap(({ name, outage }) =>
      outage === undefined ? [] : [{ destination: name, reason: outage }],
    );
  }

  counters(): ExportCounters[] {
    return this.#all.flatMap((one) => one.counters?.() ?? []);
  }
}

/** `http://host:4317` of a URL; a target of gRPC that is none, as it is. */
export function originOf(url: string): string {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? url : origin;
}

/** Counter of exported, spooled and dropped items. */
const METRIC_TELEMETRY_ITEMS = {
  name: 'annotel.telemetry.items',
  unit: '{item}',
  description: 'Spans, log records and metric data points by what became of them on their way out.',
};

const OUTCOMES = ['exported', 'spooled', 'dropped'] as const;

/** Registers the metric, which is read anew for each collection. */
export function observeExports(meter: Meter, source: { counters(): readonly ExportCounters[] }): void {
  const { name, ...options } = METRIC_TELEMETRY_ITEMS;
  meter.createObservableCounter(name, options).addCallback((result) => {
    for (const { signal, destination, taken, ...counters } of source.counters()) {
      // A queue that was used reports all three outcomes, so that the first dropped item shows as an increase from 0.
      if (taken === 0) continue;
      for (const outcome of OUTCOMES) {
        result.observe(counters[outcome], {
          [ATTR_ANNOTEL_TELEMETRY_SIGNAL]: signal,
          [ATTR_ANNOTEL_TELEMETRY_OUTCOME]: outcome,
          [ATTR_SERVER_ADDRESS]: destination,
        });
      }
    }
  });
}
