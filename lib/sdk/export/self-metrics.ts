import type { Meter } from '@opentelemetry/api';
import {
  ATTR_ANNOTEL_TELEMETRY_OUTCOME,
  ATTR_ANNOTEL_TELEMETRY_SIGNAL,
  ATTR_SERVER_ADDRESS,
} from '../../genai/semconv.js';
import type { Figures } from './figures.js';

/** Counter of what became of telemetry itself on its way out. */
const METRIC_TELEMETRY_ITEMS = {
  name: 'annotel.telemetry.items',
  unit: '{item}',
  description: 'Spans, log records and metric data points by what became of them on their way out.',
};

const OUTCOMES = ['exported', 'spooled', 'dropped'] as const;

/** Reports what became of telemetry as a metric, read anew for each collection. */
export function observeFigures(meter: Meter, source: { figures(): readonly Figures[] }): void {
  const { name, ...options } = METRIC_TELEMETRY_ITEMS;
  meter.createObservableCounter(name, options).addCallback((result) => {
    for (const { signal, destination, taken, ...figures } of source.figures()) {
      // What was never used has no series; what was used has all three, so that a first loss shows as an increase.
      if (taken === 0) continue;
      for (const outcome of OUTCOMES) {
        result.observe(figures[outcome], {
          [ATTR_ANNOTEL_TELEMETRY_SIGNAL]: signal,
          [ATTR_ANNOTEL_TELEMETRY_OUTCOME]: outcome,
          [ATTR_SERVER_ADDRESS]: destination,
        });
      }
    }
  });
}
