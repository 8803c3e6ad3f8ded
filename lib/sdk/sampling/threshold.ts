import { createTraceState, type TraceState } from '@opentelemetry/api';

/*
 * Consistent probability sampling, as https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling says:
 * the entry `ot` of tracestate holds a rejection threshold `th` and, seldom, a random value `rv`. Both are fractions of
 * 2^56 in hexadecimal, so that they compare as strings.
 */

const OT = 'ot';
/** What the specification recommends. */
const DIGITS = 4;
const LONGEST_ENTRY = 256;
const THRESHOLD = /^[0-9a-f]{1,14}$/;
const RANDOM = /^[0-9a-f]{14}$/;

/** The threshold of a probability in (0, 1], with four significant digits; `0` keeps everything. */
export function thresholdOf(probability: number): string {
  if (probability >= 1) return '0';
  // Leading f's say how small the probability is: the digits that count come after them. More than 12 a double has not.
  const digits = Math.min(12, DIGITS + Math.max(0, Math.floor(-Math.log2(probability) / 4)));
  const scale = 16 ** digits;
  const rejected = Math.min(scale - 1, Math.round((1 - probability) * scale));
  return rejected === 0 ? '0' : rejected.toString(16).padStart(digits, '0').replace(/0+$/, '');
}

/** The probability that a threshold stands for, in (0, 1]; that of {@link thresholdOf} as it was rounded there. */
export function probabilityOf(threshold: string): number {
  // A double has fewer digits than the longest of them.
  return Math.max(2 ** -56, 1 - Number.parseInt(threshold, 16) / 16 ** threshold.length);
}

/** Whether a trace is sampled at a threshold: `randomness` has 14 hexadecimal digits, see {@link randomnessOf}. */
export function passes(randomness: string, threshold: string): boolean {
  return randomness >= threshold;
}

/** What decides a trace: `rv` where the parent has one, else the last 56 bits of the trace id. */
export function randomnessOf(traceId: string, traceState: TraceState | undefined): string {
  const value = traceState && member(traceState.get(OT), 'rv:');
  return value !== undefined && RANDOM.test(value) ? value : traceId.slice(-14);
}

/** The threshold that spans with this state were sampled at; `undefined` where there is none, or none that is valid. */
export function thresholdIn(traceState: TraceState | undefined): string | undefined {
  const value = traceState && member(traceState.get(OT), 'th:');
  return value !== undefined && THRESHOLD.test(value) ? value : undefined;
}

/**
 * The state with another threshold, or with none. Entries of others stay, and so do the other parts of `ot`. Where the
 * entry would get too long there is no threshold, rather than a wrong one.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const others = (traceState?.get(OT) ?? '').split(';').filter((part) => part !== '' && !part.startsWith('th:'));
  if (threshold !== undefined) {
    const entry = [`th:${threshold}`, ...others].join(';');
    const state = (traceState ?? createTraceState()).set(OT, entry);
    if (entry.length <= LONGEST_ENTRY && state.get(OT) === entry) return state;
  }
  if (thresholdPart(traceState) === undefined) return traceState;
  return others.length > 0 ? traceState?.set(OT, others.join(';')) : traceState?.unset(OT);
}

/** The threshold in a state, valid or not. */
function thresholdPart(traceState: TraceState | undefined): string | undefined {
  return traceState && member(traceState.get(OT), 'th:');
}

function member(entry: string | undefined, key: string): string | undefined {
  if (!entry?.includes(key)) return undefined;
  return entry
    .split(';')
    .find((part) => part.startsWith(key))
    ?.slice(key.length);
}
