import type { Meter } from '@opentelemetry/api';
import { METRIC_TELEMETRY_ITEMS } from '../../signals/metric-definitions.js';
import {
  ATTR_ANNOTEL_TELEMETRY_OUTCOME,
  ATTR_ANNOTEL_TELEMETRY_SIGNAL,
  ATTR_SERVER_ADDRESS,
} from '../../signals/semconv.js';
import type { Figures } from './figures.js';

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
