import type { Meter } from '@opentelemetry/api';
import { ATTR_ANNOTEL_SAMPLING_OUTCOME } from '../../genai/semconv.js';
import type { KeptBy } from './keep-rules.js';

/**
 * What became of a span, or of the part of a trace in this process: kept by a rule (`error`, `slow`, `expensive`); `sampled` by the
 * sampler; dropped because it was not (`unsampled`); or dropped before it had ended, for lack of room (`no_room`) or because it had
 * waited too long (`too_old`).
 */
export type SamplingOutcome = KeptBy | 'sampled' | 'unsampled' | 'no_room' | 'too_old';

/** How many of each, since the start. */
export type OutcomeCounts = Record<SamplingOutcome, number>;

/** What sampling kept and dropped, to be shown as metrics. */
export interface SamplingCounters {
  /** Local parts of traces: one for each span that has no parent in this process. */
  readonly traces: Readonly<OutcomeCounts>;
  /** Ended spans. Those that were left out of a trace with too many count as `no_room`, whatever became of it. */
  readonly spans: Readonly<OutcomeCounts>;
  /** Traces that were dropped before a span of theirs met a rule. */
  readonly missed: number;
  /** What waits for a decision now: traces, and their spans, running ones included. */
  readonly waiting: { readonly traces: number; readonly spans: number };
}

/** No outcome yet. */
export function noCounts(): OutcomeCounts {
  return { error: 0, slow: 0, expensive: 0, sampled: 0, unsampled: 0, no_room: 0, too_old: 0 };
}

/** Counters of what sampling kept and dropped: the parts of traces that this process has, and their spans. */
const METRIC_SAMPLING_TRACES = {
  name: 'annotel.sampling.traces',
  unit: '{trace}',
  description: 'Local parts of traces by what became of them.',
};
const METRIC_SAMPLING_SPANS = {
  name: 'annotel.sampling.spans',
  unit: '{span}',
  description: 'Ended spans by what became of them.',
};

/** Reports what sampling kept and dropped as metrics, read anew for each collection. */
export function observeSampling(meter: Meter, source: { counters(): SamplingCounters }): void {
  for (const [definition, counts] of [
    [METRIC_SAMPLING_TRACES, () => source.counters().traces],
    [METRIC_SAMPLING_SPANS, () => source.counters().spans],
  ] as const) {
    const { name, ...options } = definition;
    meter.createObservableCounter(name, options).addCallback((result) => {
      for (const [outcome, count] of Object.entries(counts())) {
        // An outcome that has never occurred has no series.
        if (count > 0) result.observe(count, { [ATTR_ANNOTEL_SAMPLING_OUTCOME]: outcome });
      }
    });
  }
}
