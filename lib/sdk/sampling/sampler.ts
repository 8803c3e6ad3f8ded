import { type Context, type TraceState, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
} from '@opentelemetry/sdk-trace';
import { AdaptiveSampler } from './adaptive-sampler.js';
import { type KeepRules, keepsAny } from './keep-rules.js';
import { RatioSampler } from './ratio-sampler.js';
import { passes, randomnessOf, thresholdIn, withThreshold } from './threshold.js';

/** The samplers that `OTEL_TRACES_SAMPLER` names. */
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** What decides which traces are sampled, and which are recorded in case a rule keeps them. */
export interface SamplerOptions {
  readonly sampler: SamplerName;
  /** Of the two `traceidratio`, from 0 to 1. */
  readonly ratio: number;
  /** Decides on traces that begin here, in place of `sampler`; those that began elsewhere are sampled as they were there. */
  readonly tracesPerSecond: number | undefined;
  readonly keep: KeepRules;
  /** A sampler of the app's, in place of `sampler` and `tracesPerSecond`. */
  readonly custom?: Sampler | undefined;
}

/**
 * Where a rule may keep a trace, what is not sampled is recorded all the same. Its flag stays 0, and so do those of the
 * services below it, each of which keeps its own part of the trace.
 */
export function createSampler(options: SamplerOptions): Sampler {
  const sampler = options.custom ?? decidedBy(options);
  return keepsAny(options.keep) ? createAlwaysRecordSampler(sampler) : sampler;
}

function decidedBy({ sampler, ratio, tracesPerSecond }: SamplerOptions): Sampler {
  if (tracesPerSecond !== undefined) return parentBased(new AdaptiveSampler(tracesPerSecond));
  switch (sampler) {
    case 'always_on':
      return new CertainSampler();
    case 'always_off':
      // A ratio of 0 also removes the threshold of a parent.
      return new RatioSampler(0);
    case 'traceidratio':
      return new RatioSampler(ratio);
    case 'parentbased_always_on':
      return parentBased(new AlwaysOnSampler());
    case 'parentbased_always_off':
      return parentBased(new AlwaysOffSampler());
    case 'parentbased_traceidratio':
      return parentBased(new RatioSampler(ratio));
  }
}

function parentBased(root: Sampler): Sampler {
  return new ParentBasedSampler({ root, remoteParentSampled: new SampledElsewhere() });
}

/** Samples everything, whatever ratio a parent was sampled at. */
class CertainSampler implements Sampler {
  shouldSample(context: Context): SamplingResult {
    const inherited = trace.getSpanContext(context)?.traceState;
    if (thresholdIn(inherited) === undefined) return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    return { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState: withThreshold(inherited, '0') };
  }

  toString(): string {
    return 'CertainSampler';
  }
}

/** Samples what was sampled elsewhere. A threshold at which it cannot have been sampled is removed. */
class SampledElsewhere implements Sampler {
  shouldSample(context: Context, traceId: string): SamplingResult {
    const inherited = trace.getSpanContext(context)?.traceState;
    const traceState = isBelievable(traceId, inherited) ? inherited : withThreshold(inherited, undefined);
    return { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState };
  }

  toString(): string {
    return 'SampledElsewhere';
  }
}

function isBelievable(traceId: string, traceState: TraceState | undefined): boolean {
  const threshold = thresholdIn(traceState);
  return threshold === undefined || passes(randomnessOf(traceId, traceState), threshold);
}
