import type { Courier } from './courier.js';
import { Destination } from './destination.js';
import type { Delivered, PendingParcel } from './parcel.js';
import type { Spool } from './spool.js';
import type { Figures } from './tally.js';

/** What sends over a network: a courier, or an exporter that is watched. */
export type Departing = Pick<Courier<never>, 'settled' | 'close' | 'abandon'> &
  Partial<Pick<Courier<never>, 'pending' | 'figures'>>;

/** Everything that telemetry sends over a network, and the places it sends to. */
export class Network {
  readonly #senders: Departing[] = [];
  readonly #batchers: { drain(): void }[] = [];
  readonly #destinations = new Map<string, Destination>();

  /** @param spool holds what cannot be delivered, where one is configured */
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

  watch<D extends Departing>(sender: D): D {
    this.#senders.push(sender);
    return sender;
  }

  /** What holds items that no sender has yet. */
  collects<B extends { drain(): void }>(batcher: B): B {
    this.#batchers.push(batcher);
    return batcher;
  }

  /** Hands over what batchers hold, in one synchronous step. */
  drain(): void {
    for (const batcher of this.#batchers) batcher.drain();
  }

  /** No pauses from now on: what waits is tried once more. */
  close(): void {
    for (const sender of this.#senders) sender.close();
  }

  /** Resolves when everything that was handed over is out, or is held because nobody takes it. */
  async settled(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.settled()));
  }

  /**
   * Gives up whatever is under way and lets go of its sockets; says how many parcels and exports that were.
   *
   * @param delivered knows the bodies of pending parcels that were delivered by other means
   */
  abandon(reason: string, delivered?: Delivered): number {
    return this.#senders.reduce((sum, sender) => sum + sender.abandon(reason, delivered), 0);
  }

  /**
   * Everything that is neither delivered nor on disk, after what batchers hold was handed over and what a spool can take
   * was written. Synchronous, for a process that has no other chance.
   */
  pending(): PendingParcel[] {
    this.drain();
    return this.#senders.flatMap((sender) => sender.pending?.() ?? []);
  }

  figures(): Figures[] {
    return this.#senders.flatMap((sender) => sender.figures?.() ?? []);
  }
}

/** `http://host:4317` of whatever URL or target it is. */
export function originOf(url: string): string {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? url : origin;
}
