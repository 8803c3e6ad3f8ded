import type { SpanLimits } from '@opentelemetry/sdk-trace';
import type { Environment } from './environment.js';

const COUNT = { least: 0, most: 2 ** 31 - 1, whole: true };

/**
 * What one span may hold: `OTEL_SPAN_*_LIMIT`, `OTEL_EVENT_*_LIMIT`, `OTEL_LINK_*_LIMIT`, over `OTEL_ATTRIBUTE_*_LIMIT`.
 * `NodeSDK` reads them itself, and those of log records, but would take any number; what is `undefined` here has the SDK's
 * own limit. Complains of each that is no number.
 */
export function spanLimits(env: Environment): SpanLimits {
  const limit = (name: string) => env.number(name, COUNT, 'the default');
  const attributeCountLimit = limit('OTEL_ATTRIBUTE_COUNT_LIMIT');
  const attributeValueLengthLimit = limit('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  limit('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT');
  limit('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  return {
    attributeCountLimit: limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? attributeCountLimit,
    attributeValueLengthLimit: limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? attributeValueLengthLimit,
    eventCountLimit: limit('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: limit('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit:
      limit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT') ?? limit('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit:
      limit('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT') ?? limit('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  };
}
