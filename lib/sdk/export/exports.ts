import { Destination } from './destination.js';
import type { Delivered, ExportQueue, PendingExport } from './export-queue.js';
import type { Figures } from './figures.js';
import type { Spool } from './spool.js';

/** What sends over a network, and can be waited for and ended. */
export type Exporting = Pick<ExportQueue<never>, 'settled' | 'close' | 'abandon'> &
  Partial<Pick<ExportQueue<never>, 'pending' | 'figures' | 'answers'>>;

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

  /** Whether every destination that is waited for is known to answer. */
  get answer(): boolean {
    return this.#all.every(({ answers = true }) => answers);
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
