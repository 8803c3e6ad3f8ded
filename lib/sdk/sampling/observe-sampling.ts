import type { Meter } from '@opentelemetry/api';
import { ATTR_ANNOTEL_SAMPLING_OUTCOME } from '../../genai/semconv.js';
import type { SamplingFigures } from './sampling-figures.js';

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
export function observeSampling(meter: Meter, source: { figures(): SamplingFigures }): void {
  for (const [definition, counts] of [
    [METRIC_SAMPLING_TRACES, () => source.figures().traces],
    [METRIC_SAMPLING_SPANS, () => source.figures().spans],
  ] as const) {
    const { name, ...options } = definition;
    meter.createObservableCounter(name, options).addCallback((result) => {
      for (const [outcome, count] of Object.entries(counts())) {
        // An outcome that never came about is no series.
        if (count > 0) result.observe(count, { [ATTR_ANNOTEL_SAMPLING_OUTCOME]: outcome });
      }
    });
  }
}
