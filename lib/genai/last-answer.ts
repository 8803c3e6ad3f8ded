import type { Context, Span, SpanContext } from '@opentelemetry/api';
import { callIn, currentCall } from '../call/current.js';
import type { InFlight } from '../call/operation.js';
import { trace } from '../otel.js';
import { isInference, OPERATION_TRACED } from './semconv.js';

/** What feedback and evaluations can be about. Holds ids only, no content. */
export interface Subject {
  readonly spanContext: SpanContext;
  /** Whether it is a model call; else the call or span that is running. */
  readonly isAnswer: boolean;
  /** Whether the model call is in flight. */
  isOpen: boolean;
  /** Known once the model call has ended, if its answer has one. */
  responseId: string | undefined;
}

/** The last model call that was made in a span that no decorated call stands around. */
const answers = new WeakMap<Span, Subject>();

/**
 * A model call begins: it is the last one of all calls around it, up to a model call that it is made on behalf of, whose
 * answer is what people get to see. Each of these calls keeps it as its `memo`; a model call keeps itself.
 */
export function rememberAnswer(parent: Context, call: InFlight): void {
  const answer: Subject = { spanContext: call.spanContext, isAnswer: true, isOpen: true, responseId: undefined };
  call.memo = answer;
  if (call.around) answers.set(call.around, answer);
  for (let above = callIn(parent); above && !isModelCall(above); above = above.enclosing) above.memo = answer;
}

/**
 * A model call has ended.
 *
 * @param context the one that the call ran in
 */
export function endAnswer(context: Context, responseId: unknown): void {
  const answer = callIn(context)?.memo as Subject | undefined;
  if (!answer) return;
  answer.isOpen = false;
  if (typeof responseId === 'string') answer.responseId = responseId;
}

/**
 * What is judged by whoever judges now: the model call that is running, else the last one made in the innermost decorated
 * call, else that call, else the active span.
 */
export function currentSubject(): Subject | undefined {
  const call = currentCall();
  if (call) return (call.memo as Subject | undefined) ?? enclosingAnswer(call) ?? running(call.spanContext);
  const span = trace.getActiveSpan();
  return span && (answers.get(span) ?? running(span.spanContext()));
}

function running(spanContext: SpanContext): Subject {
  return { spanContext, isAnswer: false, isOpen: true, responseId: undefined };
}

/** A plain method on the way to the model, or on the way back, belongs to the model call. */
function enclosingAnswer(from: InFlight): Subject | undefined {
  let call: InFlight | undefined = from;
  while (call?.operation.type === OPERATION_TRACED) call = call.enclosing;
  return call && isModelCall(call) ? (call.memo as Subject | undefined) : undefined;
}

function isModelCall({ operation }: InFlight): boolean {
  return isInference(operation.type);
}
