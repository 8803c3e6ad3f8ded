import type { Attributes, Context, Histogram, Meter } from '@opentelemetry/api';
import { ValueType } from '../otel.js';
import {
  ATTR_ANNOTEL_OPERATION,
  ATTR_CODE_FUNCTION_NAME,
  ATTR_ERROR_TYPE,
  ERROR_TYPE_OTHER,
  type MetricDefinition,
} from './names.js';

/** Counter of every decorated call. */
export const METRIC_CALLS = {
  name: 'annotel.calls',
  unit: '{call}',
  description: 'Decorated calls.',
} as const satisfies MetricDefinition;

export const METRIC_CALL_DURATION = {
  name: 'annotel.call.duration',
  unit: 's',
  description: 'Duration of decorated calls.',
  buckets: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
} as const satisfies MetricDefinition;

interface Count {
  /** Shared with the other metrics of the call; never changed. */
  readonly dimensions: Attributes;
  calls: number;
}

/**
 * Beyond it, failures of all types share one series. Half of the SDK's own limit of series per metric, past which counts
 * are lost: the rest is for methods that have yet to be called.
 */
const MOST_SERIES = 1_000;
/** Beyond it, new methods share one series, too; room is left for what else may come of the known ones. */
const MOST_NAMED = 1_800;
/** Stands for the methods beyond. */
const OTHER = '_other';

/**
 * What every call is measured by: `annotel.calls` and `annotel.call.duration`. The former counts here and is observed when metrics are collected: the SDK
 * would serialise the dimensions at each increment, about a microsecond that every call would pay for.
 */
export class CallMetrics {
  private static readonly ofMeter = new WeakMap<Meter, CallMetrics>();
  private readonly duration: Histogram;
  private readonly counts = new Map<unknown, Count[]>();
  private series = 0;

  /** A meter's one: of two counters, each would be observed as if it had counted every call. */
  static of(meter: Meter): CallMetrics {
    const known = CallMetrics.ofMeter.get(meter) ?? new CallMetrics(meter);
    CallMetrics.ofMeter.set(meter, known);
    return known;
  }

  private constructor(readonly meter: Meter) {
    const { buckets, ...histogram } = METRIC_CALL_DURATION;
    const advice = { explicitBucketBoundaries: [...buckets] };
    this.duration = meter.createHistogram(histogram.name, { ...histogram, valueType: ValueType.DOUBLE, advice });
    const { name, unit, description } = METRIC_CALLS;
    meter.createObservableCounter(name, { unit, description, valueType: ValueType.INT }).addCallback((result) => {
      for (const counts of this.counts.values()) {
        for (const { calls, dimensions } of counts) result.observe(calls, dimensions);
      }
    });
  }

  /**
   * @param seconds duration of the call
   * @param context the call's, for exemplars
   */
  record(bag: Attributes, seconds: number, context: Context): void {
    this.duration.record(seconds, this.count(bag), context);
  }

  /** Counts one call; returns its dimensions. */
  private count(bag: Attributes): Attributes {
    const method = bag[ATTR_CODE_FUNCTION_NAME];
    const operation = bag[ATTR_ANNOTEL_OPERATION];
    const error = bag[ATTR_ERROR_TYPE];
    const counts = this.counts.get(method);
    const count = (counts && find(counts, operation, error)) ?? this.open(method, operation, error);
    count.calls += 1;
    return count.dimensions;
  }

  private open(method: Attributes[string], operation: Attributes[string], error: Attributes[string]): Count {
    const type = error !== undefined && this.series >= MOST_SERIES ? ERROR_TYPE_OTHER : error;
    // Names that a framework's users give to what they run may be as many as their calls.
    const name = this.series >= MOST_NAMED && !this.counts.has(method) ? OTHER : method;
    const counts = this.counts.get(name) ?? [];
    this.counts.set(name, counts);
    const existing = find(counts, operation, type);
    if (existing) return existing;
    const dimensions: Attributes = { [ATTR_ANNOTEL_OPERATION]: operation, [ATTR_CODE_FUNCTION_NAME]: name };
    if (type !== undefined) dimensions[ATTR_ERROR_TYPE] = type;
    const count = { dimensions, calls: 0 };
    counts.push(count);
    this.series += 1;
    return count;
  }
}

function find(counts: readonly Count[], operation: Attributes[string], error: Attributes[string]): Count | undefined {
  return counts.find(
    ({ dimensions }) => dimensions[ATTR_ANNOTEL_OPERATION] === operation && dimensions[ATTR_ERROR_TYPE] === error,
  );
}
