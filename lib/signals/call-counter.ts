import { type Attributes, type Meter, ValueType } from '@opentelemetry/api';
import { METRIC_CALLS } from './metric-definitions.js';
import { ATTR_ANNOTEL_OPERATION, ATTR_CODE_FUNCTION_NAME, ATTR_ERROR_TYPE, ERROR_TYPE_OTHER } from './semconv.js';

interface Count {
  /** Shared with the other metrics of the call; never changed. */
  readonly dimensions: Attributes;
  calls: number;
}

/**
 * Beyond it, failures are no longer told apart by type. Half of the SDK's own limit of series per metric, past which counts
 * are lost: the rest is for methods that have yet to be called.
 */
const MOST_SERIES = 1_000;
/** Beyond it, methods that are new are no longer told apart, either; room is left for what else may come of the known ones. */
const MOST_NAMED = 1_800;
/** Stands for the methods beyond. */
const OTHER = '_other';

/**
 * The counter `annotel.calls`. It counts here and is observed when metrics are collected: the SDK would serialise the
 * dimensions at each increment, about a microsecond that every call would pay for.
 */
export class CallCounter {
  private static readonly ofMeter = new WeakMap<Meter, CallCounter>();
  private readonly counts = new Map<unknown, Count[]>();
  private series = 0;

  /** A meter's one counter: of two, each would be observed as if it had counted every call. */
  static of(meter: Meter): CallCounter {
    let counter = CallCounter.ofMeter.get(meter);
    if (!counter) {
      counter = new CallCounter(meter);
      CallCounter.ofMeter.set(meter, counter);
    }
    return counter;
  }

  private constructor(meter: Meter) {
    const { name, unit, description } = METRIC_CALLS;
    meter.createObservableCounter(name, { unit, description, valueType: ValueType.INT }).addCallback((result) => {
      for (const counts of this.counts.values()) {
        for (const { calls, dimensions } of counts) result.observe(calls, dimensions);
      }
    });
  }

  /** Counts one call; returns its dimensions. */
  add(bag: Attributes): Attributes {
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
