import { type Attributes, type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

interface Sketch {
  name?: string;
  id?: string;
  parent?: string;
  trace?: string;
  /** Milliseconds. */
  start?: number;
  /** Milliseconds. */
  took?: number;
  attributes?: Attributes;
  /** The message of the failure; empty for one without. */
  error?: string;
  events?: ReadableSpan['events'];
  isSampled?: boolean;
}

/** A finished span with what a test cares about. */
export function finished(sketch: Sketch = {}): ReadableSpan {
  const {
    name = 'span',
    id = '1',
    parent,
    trace = 'a',
    start = 0,
    took = 1,
    attributes = {},
    error,
    events = [],
  } = sketch;
  const context = (spanId: string) => ({
    traceId: trace.padStart(32, '0'),
    spanId: spanId.padStart(16, '0'),
    traceFlags: sketch.isSampled === false ? 0 : 1,
  });
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => context(id),
    ...(parent !== undefined && { parentSpanContext: context(parent) }),
    startTime: time(start),
    endTime: time(start + took),
    duration: time(took),
    status:
      error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, ...(error && { message: error }) },
    attributes,
    events,
    links: [],
    ended: true,
    resource: { attributes: {} } as ReadableSpan['resource'],
    instrumentationScope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function time(millis: number): HrTime {
  return [Math.floor(millis / 1000), Math.round((millis % 1000) * 1e6)];
}
