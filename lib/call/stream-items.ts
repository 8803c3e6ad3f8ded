import { safely } from '../safely.js';
import type { Fold } from './operation.js';

/** A long stream's times are handed on in parts, so that memory does not grow with its length. */
const MOST_GAPS = 512;

/** The items of a streamed result, as far as they came. */
export class StreamItems {
  /** Seconds between items that came after the first, not handed on yet; room is made for them once. */
  private readonly gaps = new Float64Array(MOST_GAPS);
  private count = 0;

  /** @param first seconds from the start of the call to the first item */
  constructor(
    readonly first: number,
    readonly fold: Fold | undefined,
    chunk: unknown,
  ) {
    this.read(chunk);
  }

  /**
   * One more item.
   *
   * @param gap seconds since the one before
   * @returns whether the times should be handed on now
   */
  add(chunk: unknown, gap: number): boolean {
    this.read(chunk);
    this.gaps[this.count++] = gap;
    return this.count === MOST_GAPS;
  }

  private read(chunk: unknown): void {
    try {
      this.fold?.add(chunk);
    } catch (fault) {
      // Here and not around it, since a closure for each of thousands of chunks costs as much as reading them.
      safely('reading a chunk', () => {
        throw fault;
      });
    }
  }

  /** The times so far; valid until the next item comes. */
  takeGaps(): Float64Array {
    const taken = this.gaps.subarray(0, this.count);
    this.count = 0;
    return taken;
  }
}
