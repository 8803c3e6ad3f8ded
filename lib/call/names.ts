/*
 * The names that every observed call has, whatever it does. Those of GenAI stand in `genai/semconv.ts`, which hands on these.
 */

/** Name and version of the instrumentation scope of everything that annotel emits. */
export const SCOPE_NAME = 'annotel';
export const SCOPE_VERSION = '0.1.0';

// --- attributes: general (stable) ------------------------------------------------------------------------------------
export const ATTR_CODE_FUNCTION_NAME = 'code.function.name';
export const ATTR_ERROR_TYPE = 'error.type';
/** The name of an event, where a log record has no field for it. */
export const ATTR_EVENT_NAME = 'event.name';
export const ATTR_EXCEPTION_MESSAGE = 'exception.message';
export const ATTR_EXCEPTION_STACKTRACE = 'exception.stacktrace';
export const ATTR_EXCEPTION_TYPE = 'exception.type';

// --- attributes: annotel ---------------------------------------------------------------------------------------------
/** What kind of call was decorated: the GenAI operation name, or `traced`. */
export const ATTR_ANNOTEL_OPERATION = 'annotel.operation';
/** How a stream ended where it did not run to its end: `stopped` by its reader, or `abandoned` (never read to the end). */
export const ATTR_ANNOTEL_STREAM_END = 'annotel.stream.end';

// --- well-known values and events ------------------------------------------------------------------------------------
/** Value of `annotel.operation` for a method that is no GenAI operation. */
export const OPERATION_TRACED = 'traced';
/** Value of `error.type` where the thrown value has no name of its own. */
export const ERROR_TYPE_OTHER = '_OTHER';
export const EVENT_EXCEPTION = 'exception';
/** The log record of a call that has no event of its own. */
export const EVENT_ANNOTEL_CALL = 'annotel.call';

/** One instrument: a histogram where it has `buckets`, else a counter. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly buckets?: readonly number[];
}
