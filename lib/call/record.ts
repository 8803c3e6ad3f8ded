import type { AnyValue, Attributes, Context, Logger, LogRecord, Span } from '@opentelemetry/api';
import { SeverityNumber, SpanStatusCode } from '../otel.js';
import { forLog, forSpan } from '../privacy/content-attributes.js';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { errorMessage, exceptionAttributes } from './failure.js';
import {
  ATTR_CODE_FUNCTION_NAME,
  ATTR_ERROR_TYPE,
  ATTR_EVENT_NAME,
  EVENT_ANNOTEL_CALL,
  EVENT_EXCEPTION,
} from './names.js';
import type { Operation } from './operation.js';
import type { Signals } from './signals.js';

/** A call that has ended, with all that is known of it. */
export interface EndedCall {
  readonly operation: Operation;
  readonly span: Span;
  readonly context: Context;
  readonly signals: Signals;
  /** Everything known, for metrics and log. */
  readonly bag: Attributes;
  /** The part of the bag that the span does not have yet. */
  readonly late: Attributes;
  /** What the method added by `annotate`: for span and log. */
  readonly annotations: Attributes | undefined;
  readonly seconds: number;
  /** What was thrown, where something was, and the arguments, which are masked in an error that repeats them. */
  readonly thrown: { readonly error: unknown; readonly args: readonly unknown[] } | undefined;
  readonly isLogged: boolean;
}

/** One bag, three signals: attributes → status → metrics → log; the caller ends the span last. */
export function record(call: EndedCall): void {
  const { operation, span, context, signals, bag, late, annotations, seconds, thrown, isLogged } = call;
  const recording = span.isRecording();
  if (recording) span.setAttributes(forSpan(late));
  if (recording && annotations) span.setAttributes(annotations);

  const hasEvent = thrown !== undefined && recording && settings().exceptionEvents;
  // Only where it is recorded: its stack is recorded once.
  const exception = thrown && (hasEvent || isLogged) ? exceptionAttributes(thrown.error, thrown.args) : undefined;
  if (recording && bag[ATTR_ERROR_TYPE] !== undefined) {
    const message = thrown && errorMessage(thrown.error, thrown.args);
    span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message });
    if (hasEvent && exception?.first) span.addEvent('exception', exception.attributes);
  }
  const { metrics, logger } = signals;
  if (metrics) {
    safely('recording metrics', () => {
      metrics.record(bag, seconds, context);
      operation.record?.(metrics.meter, bag, seconds, context);
    });
  }
  if (!isLogged) return;
  safely('emitting a log record', () => {
    const error = bag[ATTR_ERROR_TYPE];
    const failed = error !== undefined;
    const method = bag[ATTR_CODE_FUNCTION_NAME];
    const attributes = forLog(bag);
    emit(logger, {
      eventName: operation.eventName?.(failed) ?? (failed ? EVENT_EXCEPTION : EVENT_ANNOTEL_CALL),
      // Success is DEBUG, as the conventions ask for model calls. Failure is WARN: whether somebody handles it is not known here.
      severityNumber: failed ? SeverityNumber.WARN : SeverityNumber.DEBUG,
      body: failed ? `${method} failed: ${error}` : `${method} succeeded`,
      attributes: annotations || exception ? { ...attributes, ...annotations, ...exception?.attributes } : attributes,
      context,
    });
  });
}

/**
 * A timestamped event that the app records, as a log record.
 *
 * @param context of the span that it belongs to
 */
export function recordEvent(
  logger: Logger,
  context: Context,
  name: string,
  attributes: Attributes | undefined,
  body: AnyValue = name,
): void {
  emit(logger, {
    eventName: name,
    severityNumber: SeverityNumber.INFO,
    body,
    attributes: attributes ?? {},
    context,
  });
}

/** SDK 1.x, and 2.x at first, drop the name of an event. Their loggers have no `enabled`, which came somewhat later. */
function emit(logger: Logger, record: LogRecord): void {
  if (logger.enabled === undefined) record.attributes = { ...record.attributes, [ATTR_EVENT_NAME]: record.eventName };
  logger.emit(record);
}
