import type { Attributes, Meter } from '@opentelemetry/api';
import { warnOnce } from '../safely.js';
import { type MetricContextKey, settings } from '../settings.js';
import { ATTR_ANNOTEL_FEATURE_ID, ATTR_ANNOTEL_TENANT_ID } from './semconv.js';

/** Stands for all values of a key beyond the bound. */
const OTHER = '_other';

/** Of the request context, what may ever become a dimension. Users, sessions and requests are too many, and too telling. */
const ATTRIBUTE_NAMES: Readonly<Record<MetricContextKey, string>> = {
  tenant: ATTR_ANNOTEL_TENANT_ID,
  feature: ATTR_ANNOTEL_FEATURE_ID,
};

/**
 * The parts of the request context that `settings().metricContext` makes dimensions of metrics. Of each, the first
 * `settings().metricContextLimit` values that a process meets are dimensions of their own; all later ones are `_other`.
 */
export class MetricContext {
  private static readonly ofMeter = new WeakMap<Meter, MetricContext>();
  private readonly met = new Map<string, Set<string>>();

  /** A meter's one: what was counted as a value of its own stays one, however often the settings change. */
  static of(meter: Meter): MetricContext {
    const known = MetricContext.ofMeter.get(meter) ?? new MetricContext();
    MetricContext.ofMeter.set(meter, known);
    return known;
  }

  /** Adds to a call's dimensions what its bag has of the request context; returns the dimensions. */
  addTo(dimensions: Attributes, bag: Attributes): Attributes {
    const { metricContext, metricContextLimit } = settings();
    for (const key of metricContext) {
      if (!Object.hasOwn(ATTRIBUTE_NAMES, key)) {
        const allowed = Object.keys(ATTRIBUTE_NAMES).join(', ');
        warnOnce(`metricContext: ${key} cannot be a dimension of metrics (allowed: ${allowed}); it is left out`);
        continue;
      }
      const name = ATTRIBUTE_NAMES[key];
      const value = bag[name];
      if (typeof value === 'string') dimensions[name] = this.bounded(name, value, metricContextLimit);
    }
    return dimensions;
  }

  private bounded(name: string, value: string, most: number): string {
    let values = this.met.get(name);
    if (!values) {
      values = new Set();
      this.met.set(name, values);
    }
    if (values.has(value)) return value;
    if (values.size < most) {
      values.add(value);
      return value;
    }
    warnOnce(`metrics tell ${most} values of ${name} apart; others are counted as ${OTHER}`);
    return OTHER;
  }
}
