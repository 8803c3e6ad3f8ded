import { type Context, trace } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { ArrivalRate } from './arrival-rate.js';
import { decide } from './ratio-sampler.js';
import { thresholdOf } from './threshold.js';

/**
 * Samples about so many traces a second, at a ratio that follows the load. A burst gets some more through until the ratio
 * has followed, within about ten traces. Each trace tells the ratio that it was decided by (`ot=th:…`), which is never 0, so
 * that those that are sampled stand for all.
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
