import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import * as semconv from '../../genai/semconv.js';
import { keepingAll } from './attributes.js';

/** Makes the exporter write a log record as a custom event of that name. */
const CUSTOM_EVENT = 'microsoft.custom_event.name';

/**
 * A log record as the Azure exporter should see it. It becomes one of three:
 *
 * - an exception, where it tells type and stack;
 * - a custom event, where it has the name of one: evaluations, feedback, what `recordEvent` tells, the details of a model
 *   call (structured, looked for by name, with no text to read). The text and the severity have no column there;
 * - else a trace. So is `annotel.call`: there is one per decorated call, and it is read by severity, as a log line is.
 */
export function adaptLog(record: ReadableLogRecord): ReadableLogRecord {
  const { eventName, attributes: original, body } = record;
  const isException = exceptionIsComplete(original);
  const attributes = keepingAll(original, isException ? 'exception' : undefined);
  if (isException) {
    attributes[semconv.ATTR_EXCEPTION_MESSAGE] ??= '';
  } else {
    // The exporter loses a record that has a type of exception and no stack.
    delete attributes[semconv.ATTR_EXCEPTION_TYPE];
  }
  if (isEvent(record)) {
    attributes[CUSTOM_EVENT] ??= eventName as string;
    if (body !== undefined && body !== eventName) attributes[semconv.ATTR_ANNOTEL_EVENT_BODY] = textOf(body);
  } else if (eventName !== undefined) {
    attributes[semconv.ATTR_ANNOTEL_EVENT_NAME] = eventName;
  }
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    ...(record.spanContext && { spanContext: record.spanContext }),
    ...(record.severityText !== undefined && { severityText: record.severityText }),
    ...(record.severityNumber !== undefined && { severityNumber: record.severityNumber }),
    body: body ?? eventName ?? '',
    ...(eventName !== undefined && { eventName }),
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes,
    droppedAttributesCount: record.droppedAttributesCount,
  };
}

/** Whether it is told as an event by its name; one that tells of a failure is none, and neither is a log line. */
export function isEvent({ eventName, attributes }: Pick<ReadableLogRecord, 'eventName' | 'attributes'>): boolean {
  return (
    eventName !== undefined &&
    eventName !== '' &&
    eventName !== semconv.EVENT_ANNOTEL_CALL &&
    attributes[semconv.ATTR_EXCEPTION_TYPE] === undefined
  );
}

/** Whether the exporter makes an exception of it. */
export function exceptionIsComplete(attributes: ReadableLogRecord['attributes']): boolean {
  return Boolean(attributes[semconv.ATTR_EXCEPTION_TYPE] && attributes[semconv.ATTR_EXCEPTION_STACKTRACE]);
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  try {
    return JSON.stringify(body) ?? '';
  } catch {
    return String(body);
  }
}
