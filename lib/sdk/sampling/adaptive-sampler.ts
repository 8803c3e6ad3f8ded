import { type Context, trace } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { decide } from './ratio-sampler.js';
import { thresholdOf } from './threshold.js';

/**
 * Samples about so many traces a second, at a ratio that follows the load. A burst gets some more through until the ratio
 * has followed, within about ten traces. The tracestate of each sampled trace has the threshold of its ratio
 * (`ot=th:…`), so that back ends can weigh it: all ratios are above 0, and every trace is counted in the sum of the weights.
 *
 * It counts every decision it is asked for as a trace: put it at the root of a `ParentBasedSampler`.
 */
export class AdaptiveSampler implements Sampler {
  private readonly rate: ArrivalRate;

  /**
   * @param tracesPerSecond above 0
   * @param now milliseconds, of a clock that is not set
   */
  constructor(
    private readonly tracesPerSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    // Long enough to see several of the traces that are to be sampled.
    this.rate = new ArrivalRate(Math.max(4, 8 / tracesPerSecond));
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const rate = this.rate.arrived(this.now() / 1000);
    return decide(trace.getSpanContext(context)?.traceState, traceId, thresholdOf(this.tracesPerSecond / rate));
  }

  toString(): string {
    return `AdaptiveSampler{${this.tracesPerSecond}/s}`;
  }
}

/**
 * How many events arrive in a second, seen through three windows. The longest one is the steadiest, and its rate
 * counts as long as it differs from those of the shorter windows by no more than chance explains; these see a burst, and its end,
 * after some ten events.
 */
class ArrivalRate {
  private readonly windows: readonly number[];
  private readonly counts: number[];
  private last: number | undefined;

  /** @param window seconds of the longest window; the others are an eighth of it each */
  constructor(window: number) {
    this.windows = [window, window / 8, window / 64];
    this.counts = this.windows.map(() => 0);
  }

  /**
   * Counts an event.
   *
   * @param now seconds, of any clock; one that goes backwards stands still
   * @returns events per second, this one included
   */
  arrived(now: number): number {
    const passed = this.last === undefined ? 0 : Math.max(0, now - this.last);
    this.last = Math.max(now, this.last ?? now);
    let rate = 0;
    let least = 0;
    for (let index = 0; index < this.windows.length; index += 1) {
      const window = this.windows[index] as number;
      const count = (this.counts[index] as number) * Math.exp(-passed / window) + 1;
      this.counts[index] = count;
      if (index === 0) {
        rate = count / window;
        continue;
      }
      // Nearly three times the standard deviation of such a count, and some more for small ones.
      const chance = 2 * Math.sqrt(count) + 2;
      rate = Math.min(rate, (count + chance) / window);
      least = Math.max(least, (count - chance) / window);
    }
    return Math.max(rate, least);
  }
}
