import type { Meter } from '@opentelemetry/api';
import {
  ATTR_ANNOTEL_TELEMETRY_OUTCOME,
  ATTR_ANNOTEL_TELEMETRY_SIGNAL,
  ATTR_SERVER_ADDRESS,
} from '../../genai/semconv.js';
import { Destination } from './destination.js';
import type { Delivered, ExportQueue, Figures, PendingExport } from './export-queue.js';
import type { Spool } from './spool.js';

/** What sends over a network, and can be waited for and ended. */
export type Exporting = Pick<ExportQueue<never>, 'settled' | 'close' | 'abandon'> &
  Partial<Pick<ExportQueue<never>, 'pending' | 'figures'>>;

/** Everything that telemetry sends over a network, and the places it sends to. */
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

  /** What holds items that no queue has yet. */
  addBatches<B extends { drain(): void }>(batches: B): B {
    this.#batches.push(batches);
    return batches;
  }

  /** No pauses from now on: what waits is tried once more. */
  close(): void {
    for (const one of this.#all) one.close();
  }

  /** Resolves when everything that was handed over is out, or is held because nobody takes it. */
  async settled(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.settled()));
  }

  /**
   * Gives up whatever is under way and lets go of its sockets; says how many batches that were.
   *
   * @param delivered knows the bodies of pending exports that arrived by other means
   */
  abandon(reason: string, delivered?: Delivered): number {
    return this.#all.reduce((sum, one) => sum + one.abandon(reason, delivered), 0);
  }

  /**
   * Everything that is neither delivered nor on disk, after what batches hold was handed over and what a spool can take
   * was written. Synchronous, for a process that has no other chance.
   */
  pending(): PendingExport[] {
    for (const batches of this.#batches) batches.drain();
    return this.#all.flatMap((one) => one.pending?.() ?? []);
  }

  figures(): Figures[] {
    return this.#all.flatMap((one) => one.figures?.() ?? []);
  }
}

/** `http://host:4317` of whatever URL or target it is. */
function originOf(url: string): string {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? url : origin;
}

/** Counter of what became of telemetry itself on its way out. */
const METRIC_TELEMETRY_ITEMS = {
  name: 'annotel.telemetry.items',
  unit: '{item}',
  description: 'Spans, log records and metric data points by what became of them on their way out.',
};

const OUTCOMES = ['exported', 'spooled', 'dropped'] as const;

/** Reports what became of telemetry as a metric, read anew for each collection. */
export function observeFigures(meter: Meter, source: { figures(): readonly Figures[] }): void {
  const { name, ...options } = METRIC_TELEMETRY_ITEMS;
  meter.createObservableCounter(name, options).addCallback((result) => {
    for (const { signal, destination, taken, ...figures } of source.figures()) {
      // What was never used has no series; what was used has all three, so that a first loss shows as an increase.
      if (taken === 0) continue;
      for (const outcome of OUTCOMES) {
        result.observe(figures[outcome], {
          [ATTR_ANNOTEL_TELEMETRY_SIGNAL]: signal,
          [ATTR_ANNOTEL_TELEMETRY_OUTCOME]: outcome,
          [ATTR_SERVER_ADDRESS]: destination,
        });
      }
    }
  });
}
