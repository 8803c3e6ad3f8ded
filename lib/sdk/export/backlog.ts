import type { Encoded } from './otlp.js';
import type { Batches } from './signal.js';

/** A batch that waits or is being exported. */
export interface Held {
  readonly items: number;
  /** Whether it is being exported at this moment. */
  isInFlight: boolean;
  /** Whether it has had to wait for the destination. */
  isLate: boolean;
}

/** How much may be held in memory. The limit that is reached first counts. */
export interface Room {
  readonly items: number;
  readonly bytes: number;
}

/** Called for what happens to a backlog by itself. */
export interface BacklogListener {
  /** There may be something to export. */
  ready(): void;
  /** Items were removed from the backlog without having been exported. */
  gone(items: number): void;
  /** Batches of an earlier process were added. */
  found(items: number): void;
}

/** Holds the batches of one queue in their order. */
export interface Backlog<Batch> {
  listen(listener: BacklogListener): void;
  /**
   * @returns `undefined` where there is no room; the batch is lost then
   * @throws where the batch cannot be written
   */
  put(batch: Batch, isLate: boolean): Held | undefined;
  /** How many items would fit now. */
  room(): number;
  /** The oldest that can be exported and is not in flight. */
  next(): Held | undefined;
  /** What its sender takes; `undefined` where it is not there any more. */
  content(held: Held): Promise<unknown>;
  /** The batch itself, to be split; `undefined` where only its bytes are left. */
  batch(held: Held): Batch | undefined;
  /** Forgets it for good. */
  done(held: Held): Promise<void>;
  /** Everything that is held, oldest first. */
  readonly all: readonly Held[];
  /** Those that are not on disk, after a last synchronous attempt to write them. */
  inMemory(): Held[];
  /** One of those, encoded for the wire, the same bytes each time; `undefined` where it cannot be encoded. */
  encoded(held: Held): Encoded | undefined;
  /** Whether what is held outlives the process. */
  readonly isDurable: boolean;
  /** Resolves when nothing is on its way to the disk. */
  written(): Promise<void>;
  /** The end: other processes may take over what is left. */
  release(): void;
}

interface InMemory<Batch> extends Held {
  readonly batch: Batch;
  readonly bytes: number;
  encoded?: Encoded | undefined;
}

/** A backlog in memory. A batch that does not fit is dropped, unless it is the only one. */
export class MemoryBacklog<Batch> implements Backlog<Batch> {
  readonly isDurable = false;
  readonly #held: InMemory<Batch>[] = [];
  #items = 0;
  #bytes = 0;
  #isFull = false;

  /** @param encode for the end of a process, where a thread sends encoded batches */
  constructor(
    private readonly limit: Room,
    private readonly batches: Batches<Batch>,
    private readonly encode: (batch: Batch) => Encoded,
  ) {}

  get all(): readonly Held[] {
    return this.#held;
  }

  listen(): void {}

  put(batch: Batch, isLate: boolean): Held | undefined {
    const items = this.batches.count(batch);
    const bytes = this.batches.weigh(batch);
    const fits = this.#items + items <= this.limit.items && this.#bytes + bytes <= this.limit.bytes;
    if (!fits && this.#held.length > 0) {
      this.#isFull = true;
      return undefined;
    }
    const held = { items, batch, bytes, isLate, isInFlight: false };
    this.#held.push(held);
    this.#items += items;
    this.#bytes += bytes;
    return held;
  }

  room(): number {
    return this.#isFull || this.#bytes >= this.limit.bytes ? 0 : Math.max(0, this.limit.items - this.#items);
  }

  next(): Held | undefined {
    return this.#held.find(({ isInFlight }) => !isInFlight);
  }

  async content(held: Held): Promise<Batch> {
    return (held as InMemory<Batch>).batch;
  }

  batch(held: Held): Batch {
    return (held as InMemory<Batch>).batch;
  }

  async done(held: Held): Promise<void> {
    const index = this.#held.indexOf(held as InMemory<Batch>);
    if (index === -1) return;
    this.#held.splice(index, 1);
    this.#isFull = false;
    this.#items -= held.items;
    this.#bytes -= (held as InMemory<Batch>).bytes;
  }

  inMemory(): Held[] {
    return [...this.#held];
  }

  encoded(held: Held): Encoded | undefined {
    const one = held as InMemory<Batch>;
    try {
      one.encoded ??= this.encode(one.batch);
    } catch {
      // Then it cannot be sent at the end of the process, and is lost.
    }
    return one.encoded;
  }

  async written(): Promise<void> {}

  release(): void {}
}
