import { type Context, type TraceState, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { passes, randomnessOf, thresholdOf, withThreshold } from './threshold.js';

/**
 * Samples a share of traces by consistent probability sampling
 * (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/): a trace that is sampled at one ratio is sampled at
 * every higher one too. The tracestate of what is sampled has the threshold (`ot=th:…`). The SDK's `TraceIdRatioBasedSampler` sets
 * none, and compares other bits.
 */
export class RatioSampler implements Sampler {
  private readonly threshold: string | undefined;
  private readonly state: TraceState | undefined;

  /** @param ratio from 0 (nothing) to 1 (everything) */
  constructor(private readonly ratio: number) {
    this.threshold = ratio > 0 ? thresholdOf(ratio) : undefined;
    this.state = withThreshold(undefined, this.threshold);
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    return decide(trace.getSpanContext(context)?.traceState, traceId, this.threshold, this.state);
  }

  toString(): string {
    return `RatioSampler{${this.ratio}}`;
  }
}

/**
 * The decision on a trace at a threshold; without one it is not sampled.
 *
 * @param inherited the parent's state, whose threshold is not that of this decision
 * @param own the state of a sampled trace that inherits none, where it is at hand
 */
export function decide(
  inherited: TraceState | undefined,
  traceId: string,
  threshold: string | undefined,
  own?: TraceState,
): SamplingResult {
  if (threshold === undefined || !passes(randomnessOf(traceId, inherited), threshold)) {
    return { decision: SamplingDecision.NOT_RECORD, traceState: withThreshold(inherited, undefined) };
  }
  const traceState = inherited === undefined && own ? own : withThreshold(inherited, threshold);
  return { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState };
}
