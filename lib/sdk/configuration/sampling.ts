import { type KeepRules, parseKeep } from '../sampling/keep-rules.js';
import type { SamplerName } from '../sampling/sampler.js';
import { warn, warnOfValue } from '../warnings.js';
import type { Environment } from './environment.js';

const SAMPLERS: readonly SamplerName[] = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

/** Which traces are exported. */
export interface SamplingOptions {
  /** `OTEL_TRACES_SAMPLER`. Default `parentbased_always_on`. */
  readonly sampler: SamplerName;
  /** `OTEL_TRACES_SAMPLER_ARG`: probability from 0 to 1 of the ratio samplers. Default 1. */
  readonly ratio: number;
  /** `ANNOTEL_TRACES_PER_SECOND`: about so many traces a second, in place of the ratio. Default none. */
  readonly tracesPerSecond: number | undefined;
  /** `ANNOTEL_KEEP`: what is exported whatever the sampler says. Default `errors`. */
  readonly keep: KeepRules;
}

/** Reads them. A rule of `ANNOTEL_KEEP` that is not understood is left out, with a warning; the others count. */
export function samplingOptions(env: Environment): SamplingOptions {
  const sampler = env.oneOf('OTEL_TRACES_SAMPLER', SAMPLERS, 'parentbased_always_on') ?? 'parentbased_always_on';
  const byRatio = sampler.endsWith('traceidratio');
  const ratio = byRatio ? env.number('OTEL_TRACES_SAMPLER_ARG', { least: 0, most: 1, whole: false }, '1') : undefined;
  const tracesPerSecond = env.number(
    'ANNOTEL_TRACES_PER_SECOND',
    { least: 0.001, most: 1e6, whole: false },
    'no adaptive sampling',
  );
  if (tracesPerSecond !== undefined && env.text('OTEL_TRACES_SAMPLER') !== undefined) {
    warn(`ANNOTEL_TRACES_PER_SECOND=${tracesPerSecond} decides in place of OTEL_TRACES_SAMPLER=${sampler}`);
  }
  return { sampler, ratio: ratio ?? 1, tracesPerSecond, keep: keepRules(env) };
}

/** Where no entry is understood errors are kept, as by default. */
function keepRules(env: Environment): KeepRules {
  const text = env.text('ANNOTEL_KEEP') ?? 'errors';
  const { rules, unknown } = parseKeep(text);
  if (unknown.length === 0) return rules;
  const isAny = rules.errors || rules.slowerThan !== undefined || rules.costlierThan !== undefined;
  warnOfValue(
    'ANNOTEL_KEEP',
    unknown.join(','),
    'errors, slower-than=5s, costlier-than=0.10, none',
    isAny ? 'the rest' : 'errors',
  );
  return isAny ? rules : parseKeep('errors').rules;
}
