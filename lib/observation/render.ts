import type { Attributes, Context, Span } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { forSpan } from '../signals/content-attributes.js';
import { emitLog } from '../signals/logs.js';
import { ATTR_ERROR_TYPE } from '../signals/semconv.js';
import type { Signals } from '../signals/signals.js';
import { errorMessage, exceptionAttributes } from './failure.js';

/** A call that has ended, with all that is known of it. */
export interface EndedCall {
  readonly span: Span;
  readonly context: Context;
  readonly signals: Signals;
  /** Everything known, for metrics and log. */
  readonly bag: Attributes;
  /** The part of the bag that the span does not have yet. */
  readonly late: Attributes;
  /** What the method said of its own accord: for span and log. */
  readonly annotations: Attributes | undefined;
  readonly seconds: number;
  /** What was thrown, where something was, by a call that was given so much: an error that repeats it must not tell it. */
  readonly thrown: { readonly error: unknown; readonly given: readonly unknown[] } | undefined;
  readonly isLogged: boolean;
}

/** One bag, three renderings: attributes → status → metrics → log; the caller ends the span last. */
export function render(call: EndedCall): void {
  const { span, context, signals, bag, late, annotations, seconds, thrown, isLogged } = call;
  const recording = span.isRecording();
  if (recording) span.setAttributes(forSpan(late));
  if (recording && annotations) span.setAttributes(annotations);

  const exception = thrown && (recording || isLogged) ? exceptionAttributes(thrown.error, thrown.given) : undefined;
  if (recording && bag[ATTR_ERROR_TYPE] !== undefined) {
    const message = thrown && errorMessage(thrown.error, thrown.given);
    span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message });
    if (exception?.first && settings().exceptionEvents) span.addEvent('exception', exception.attributes);
  }
  const { instruments, logger } = signals;
  if (instruments) safely('recording metrics', () => instruments.record(bag, seconds, context));
  if (!isLogged) return;
  const said = annotations || exception ? { ...annotations, ...exception?.attributes } : undefined;
  safely('emitting a log record', () => emitLog(logger, context, bag, said));
}
