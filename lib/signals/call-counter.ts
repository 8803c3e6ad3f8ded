import type { Attributes, Meter } from '@opentelemetry/api';
import {
  ATTR_ANNOTEL_OPERATION,
  ATTR_CODE_FUNCTION_NAME,
  ATTR_ERROR_TYPE,
  ERROR_TYPE_OTHER,
  METRIC_CALLS,
} from './semconv.js';

interface Count {
  /** Shared with the other metrics of the call; never changed. */
  readonly dimensions: Attributes;
  calls: number;
}

/** As the SDK's own limit of series per metric. Beyond it, failures are no longer told apart by type. */
const MOST_SERIES = 2_000;

/**
 * The counter `annotel.calls`. It counts here and is observed when metrics are collected: the SDK would serialise the
 * dimensions at each increment, about a microsecond that every call would pay for.
 */
export class CallCounter {
  private readonly counts = new Map<string, Count>();

  constructor(meter: Meter) {
    const { name, unit, description } = METRIC_CALLS;
    meter.createObservableCounter(name, { unit, description }).addCallback((result) => {
      for (const { calls, dimensions } of this.counts.values()) result.observe(calls, dimensions);
    });
  }

  /** Counts one call; returns its dimensions. */
  add(bag: Attributes): Attributes {
    const method = bag[ATTR_CODE_FUNCTION_NAME];
    const operation = bag[ATTR_ANNOTEL_OPERATION];
    let error = bag[ATTR_ERROR_TYPE];
    let count = this.counts.get(`${method} ${operation} ${error}`);
    if (!count) {
      if (error !== undefined && this.counts.size >= MOST_SERIES) error = ERROR_TYPE_OTHER;
      count = this.open(method, operation, error);
    }
    count.calls += 1;
    return count.dimensions;
  }

  private open(method: Attributes[string], operation: Attributes[string], error: Attributes[string]): Count {
    const key = `${method} ${operation} ${error}`;
    const existing = this.counts.get(key);
    if (existing) return existing;
    const dimensions: Attributes = { [ATTR_CODE_FUNCTION_NAME]: method, [ATTR_ANNOTEL_OPERATION]: operation };
    if (error !== undefined) dimensions[ATTR_ERROR_TYPE] = error;
    const count = { dimensions, calls: 0 };
    this.counts.set(key, count);
    return count;
  }
}
