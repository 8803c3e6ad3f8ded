import type { Parcel } from './parcel.js';

/** A parcel that waits or is under way. */
export interface Held {
  readonly items: number;
  /** Whether it is being sent at this moment. */
  isFlying: boolean;
  /** Whether it has had to wait for the destination. */
  isLate: boolean;
}

/** How much may be held in memory. What is met first counts. */
export interface Room {
  readonly items: number;
  readonly bytes: number;
}

/** Hears of what happens to a backlog by itself. */
export interface BacklogListener {
  /** There may be something to send. */
  ready(): void;
  /** Items that were in the backlog are not any more, and were not sent. */
  gone(items: number): void;
  /** Parcels of an earlier process came in. */
  found(items: number): void;
}

/** Holds the parcels of one courier in their order. */
export interface Backlog {
  listen(listener: BacklogListener): void;
  /** `undefined` where there is no room; the parcel is lost then. */
  put(parcel: Parcel, isLate: boolean): Held | undefined;
  /** Whether another batch would fit. */
  hasRoom(): boolean;
  /** The oldest that can be sent and is not under way. */
  next(): Held | undefined;
  /** `undefined` where it is not there any more. */
  body(held: Held): Promise<Uint8Array | undefined>;
  /** Forgets it for good. */
  done(held: Held): Promise<void>;
  /** Everything that is held, oldest first. */
  readonly all: readonly Held[];
  /** Those that no disk holds, after a last synchronous try to write them. */
  inMemory(): { readonly held: Held; readonly body: Uint8Array }[];
  /** Whether what is held outlives the process. */
  readonly isDurable: boolean;
  /** Resolves when nothing is on its way to the disk. */
  written(): Promise<void>;
  /** The end: others may take what is left. */
  release(): void;
}

interface InMemory extends Held {
  readonly body: Uint8Array;
}

/** A backlog in memory. What does not fit on top is lost, but never an only parcel. */
export class MemoryBacklog implements Backlog {
  readonly isDurable = false;
  readonly #held: InMemory[] = [];
  #items = 0;
  #bytes = 0;
  #isFull = false;

  constructor(private readonly room: Room) {}

  get all(): readonly Held[] {
    return this.#held;
  }

  listen(): void {}

  put({ items, body }: Parcel, isLate: boolean): Held | undefined {
    const fits = this.#items + items <= this.room.items && this.#bytes + body.byteLength <= this.room.bytes;
    if (!fits && this.#held.length > 0) {
      this.#isFull = true;
      return undefined;
    }
    const held = { items, body, isLate, isFlying: false };
    this.#held.push(held);
    this.#items += items;
    this.#bytes += body.byteLength;
    return held;
  }

  hasRoom(): boolean {
    return !this.#isFull && this.#items < this.room.items && this.#bytes < this.room.bytes;
  }

  next(): Held | undefined {
    return this.#held.find(({ isFlying }) => !isFlying);
  }

  async body(held: Held): Promise<Uint8Array | undefined> {
    return (held as InMemory).body;
  }

  async done(held: Held): Promise<void> {
    const index = this.#held.indexOf(held as InMemory);
    if (index === -1) return;
    this.#held.splice(index, 1);
    this.#isFull = false;
    this.#items -= held.items;
    this.#bytes -= (held as InMemory).body.byteLength;
  }

  inMemory() {
    return this.#held.map((held) => ({ held, body: held.body }));
  }

  async written(): Promise<void> {}

  release(): void {}
}
