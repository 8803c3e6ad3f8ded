import type { Meter } from '@opentelemetry/api';
import { METRIC_SAMPLING_SPANS, METRIC_SAMPLING_TRACES } from '../../signals/metric-definitions.js';
import { ATTR_ANNOTEL_SAMPLING_OUTCOME } from '../../signals/semconv.js';
import type { SamplingFigures } from './sampling-figures.js';

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
