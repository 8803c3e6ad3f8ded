import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import { ValueType } from '../otel.js';
import type { MetricDefinition } from './names.js';

/** Made once for each meter: of two, the SDK would warn. */
const instruments = new WeakMap<Meter, Map<string, Histogram | Counter>>();

/** The histogram of a definition, in seconds. */
export function histogramOf(meter: Meter, { name, buckets = [], ...options }: MetricDefinition): Histogram {
  const advice = { explicitBucketBoundaries: [...buckets] };
  return instrumentOf(meter, name, () =>
    meter.createHistogram(name, { ...options, valueType: ValueType.DOUBLE, advice }),
  );
}

/** The counter of a definition. */
export function counterOf(meter: Meter, { name, unit, description }: MetricDefinition): Counter {
  return instrumentOf(meter, name, () => meter.createCounter(name, { unit, description, valueType: ValueType.INT }));
}

function instrumentOf<T extends Histogram | Counter>(meter: Meter, name: string, create: () => T): T {
  const ofMeter = instruments.get(meter) ?? new Map<string, Histogram | Counter>();
  instruments.set(meter, ofMeter);
  const known = (ofMeter.get(name) as T | undefined) ?? create();
  ofMeter.set(name, known);
  return known;
}
