import { outside } from './outside.js';

/** What takes batches off a {@link Batcher}, at once and without failing. */
export interface Sink<Batch> {
  take(batch: Batch): void;
  /** Whether it could take another batch now. */
  hasRoom(): boolean;
  /** Told of items that were lost before they reached it. */
  lost(items: number, reason: string): void;
}

/** Numbers of a batcher, as `OTEL_BSP_*` and `OTEL_BLRP_*` give them. */
export interface BatchNumbers {
  /** Items that may wait; what comes on top is dropped, unless the sink can take some at once. */
  readonly maxQueueSize: number;
  /** Milliseconds that an item waits at most. */
  readonly scheduledDelayMillis: number;
  /** Items in one batch. */
  readonly maxExportBatchSize: number;
}

/** Items know the resource that they belong to, some of whose attributes may still be looked up. */
interface OfResource {
  readonly resource?: { readonly asyncAttributesPending?: boolean; waitForAsyncAttributes?(): Promise<void> };
}

// A cloud's metadata service that does not answer must not hold telemetry for long.
const LONGEST_LOOKUP = 5000;

/**
 * Collects items and hands them over in batches. Adding is a push into an array; everything else happens later, outside of
 * the request that adds. Unlike the SDK's processors it tells exactly what it drops, waits for no export to end, and can be
 * emptied in one synchronous step, for a process that is ending.
 */
export class Batcher<T extends OfResource> {
  #items: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #lookup: Promise<void> | undefined;
  readonly #size: number;

  constructor(
    private readonly sink: Sink<T[]>,
    private readonly numbers: BatchNumbers,
  ) {
    this.#size = Math.min(numbers.maxExportBatchSize, numbers.maxQueueSize);
  }

  add(item: T): void {
    if (this.#items.length >= this.numbers.maxQueueSize) {
      // A burst that never yields: better a moment of work now than a loss.
      if (this.sink.hasRoom()) outside(() => this.#handOver(1));
      else {
        this.sink.lost(1, 'too much at once');
        return;
      }
    }
    this.#items.push(item);
    if (this.#items.length >= this.#size) this.#soon ??= outside(() => setImmediate(() => this.#full()).unref());
    else this.#timer ??= this.#later();
  }

  /** Hands everything over, when the resource is known. */
  async flush(): Promise<void> {
    await this.#resource();
    this.drain();
  }

  /** Hands everything over now. */
  drain(): void {
    outside(() => this.#handOver(Number.POSITIVE_INFINITY));
  }

  #later(): NodeJS.Timeout {
    return outside(() => setTimeout(() => this.flush(), this.numbers.scheduledDelayMillis).unref());
  }

  /** Hands over whole batches; the rest waits for its time. */
  async #full(): Promise<void> {
    await this.#resource();
    this.#handOver(Math.floor(this.#items.length / this.#size));
  }

  #handOver(batches: number): void {
    clearTimeout(this.#timer);
    if (this.#soon) clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    const items = this.#items;
    const end = Math.min(batches * this.#size, items.length);
    this.#items = items.slice(end);
    for (let start = 0; start < end; start += this.#size) {
      this.sink.take(items.slice(start, Math.min(start + this.#size, end)));
    }
    if (this.#items.length > 0) this.#timer = this.#later();
  }

  /** Resolves when the resource of what waits is complete, or has taken too long. */
  async #resource(): Promise<void> {
    const resource = this.#items[0]?.resource;
    if (!resource?.asyncAttributesPending || !resource.waitForAsyncAttributes) return;
    this.#lookup ??= Promise.race([
      resource.waitForAsyncAttributes().catch(() => {}),
      new Promise<void>((resolve) => setTimeout(resolve, LONGEST_LOOKUP).unref()),
    ]);
    await this.#lookup;
  }
}
