import type { Attributes, Context, SpanContext } from '@opentelemetry/api';
import { recordEvent } from '../call/record.js';
import { activeSignals } from '../call/signals.js';
import { context, trace } from '../otel.js';
import { capture } from '../privacy/content.js';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { currentSubject } from './last-answer.js';
import * as semconv from './semconv.js';
import { openHandle } from './trace-handle.js';

/** Which answer is judged. Default: that of the model call which `traceHandle()` would point to now. */
interface Judged {
  /** What `traceHandle()` returned when the answer was sent. The events then belong to that trace. */
  handle?: string | undefined;
  /** The provider's id of the answer; beats the one in the handle. Without a handle, the events are found by it alone. */
  responseId?: string | undefined;
}

/** The argument of {@link recordFeedback}. */
export interface Feedback extends Judged {
  /** -1 (bad) to 1 (good). */
  score: number;
  /** What the user says to it. Content: recorded only where content capture is on. */
  comment?: string | undefined;
}

/** The argument of {@link recordEvaluation}. */
export interface Evaluation extends Judged {
  /** Of the metric, low in cardinality: `relevance`. */
  name: string;
  score?: number | undefined;
  /** The score in a word, low in cardinality: `pass`. */
  label?: string | undefined;
  /** The reasons for the score. Content: recorded only where content capture is on. */
  explanation?: string | undefined;
}

const USER_FEEDBACK = 'user_feedback';
/** Longer or other texts are no id, and what is no id may be content. */
const RESPONSE_ID = /^[\x21-\x7e]{1,256}$/;

/**
 * Records what a user thinks of an answer, as the event `gen_ai.evaluation.result` named `user_feedback`, labelled
 * `thumbs_up`, `neutral` or `thumbs_down`, and for Azure AI Foundry as `gen_ai.evaluation.user_feedback` too. Both are log
 * records in the trace of the model call, whether or not that trace was sampled. Without an SDK it does nothing.
 *
 * The comment may hold anything: it is left out while content capture is off (or goes to spans only), else redacted and cut
 * as the content field `feedback`; the score is recorded in any case.
 *
 * @throws TypeError where an argument is wrong, such as a handle that is broken or forged; then nothing is recorded. Handle
 *   and comment come from a client: an HTTP endpoint answers it with 400.
 *
 * @example
 * ```ts
 * recordFeedback({ handle: body.feedback, score: 1, comment: body.comment });
 * ```
 */
export function recordFeedback(feedback: Feedback): void {
  const { score, comment, ...target } = checked('recordFeedback({ score, handle })', feedback);
  if (typeof score !== 'number' || !(score >= -1 && score <= 1)) {
    throw new TypeError('recordFeedback(): score has to be a number from -1 (bad) to 1 (good)');
  }
  checkText('recordFeedback', 'comment', comment);
  const subject = subjectOf('recordFeedback', target);
  safely('recording feedback', () => {
    const label = score > 0 ? 'thumbs_up' : score < 0 ? 'thumbs_down' : 'neutral';
    const explanation = explain(comment, subject.spanContext);
    emit(subject, semconv.EVENT_GEN_AI_EVALUATION_RESULT, {
      [semconv.ATTR_GEN_AI_EVALUATION_NAME]: USER_FEEDBACK,
      [semconv.ATTR_GEN_AI_EVALUATION_SCORE_VALUE]: score,
      [semconv.ATTR_GEN_AI_EVALUATION_SCORE_LABEL]: label,
      ...explanation,
    });
    const shown = explanation[semconv.ATTR_GEN_AI_EVALUATION_EXPLANATION];
    const rating = { [semconv.ATTR_GEN_AI_EVALUATION_SCORE]: score };
    emit(subject, semconv.EVENT_GEN_AI_USER_FEEDBACK, rating, shown === undefined ? undefined : { comment: shown });
  });
}

/**
 * Records what a judge (a model, a program, a person) found about an answer, as the event `gen_ai.evaluation.result`: a log
 * record in the trace of the model call, whether or not that trace was sampled. The explanation is content, as the comment of
 * {@link recordFeedback} is. Without an SDK it does nothing.
 *
 * @throws TypeError where an argument is wrong: no name, a score that is no finite number, a handle that is broken or forged;
 *   then nothing is recorded
 *
 * @example
 * ```ts
 * recordEvaluation({ handle, name: 'relevance', score: 0.8, label: 'pass' });
 * ```
 */
export function recordEvaluation(evaluation: Evaluation): void {
  const { name, score, label, explanation, ...target } = checked('recordEvaluation({ name, score })', evaluation);
  if (typeof name !== 'string' || name === '') {
    throw new TypeError("recordEvaluation(): name has to be a text, such as 'relevance'");
  }
  if (score !== undefined && !Number.isFinite(score)) {
    throw new TypeError('recordEvaluation(): score has to be a finite number, or left out');
  }
  checkText('recordEvaluation', 'label', label);
  checkText('recordEvaluation', 'explanation', explanation);
  const subject = subjectOf('recordEvaluation', target);
  safely('recording an evaluation', () => {
    const result: Attributes = { [semconv.ATTR_GEN_AI_EVALUATION_NAME]: name };
    if (score !== undefined) result[semconv.ATTR_GEN_AI_EVALUATION_SCORE_VALUE] = score;
    if (label !== undefined) result[semconv.ATTR_GEN_AI_EVALUATION_SCORE_LABEL] = label;
    Object.assign(result, explain(explanation, subject.spanContext));
    emit(subject, semconv.EVENT_GEN_AI_EVALUATION_RESULT, result);
  });
}

/** What is judged: `spanContext` where its trace is known. */
interface Subject {
  readonly spanContext: SpanContext | undefined;
  readonly responseId: string | undefined;
}

/** @throws TypeError where handle or response id is wrong */
function subjectOf(caller: string, { handle, responseId }: Judged): Subject {
  if (responseId !== undefined && (typeof responseId !== 'string' || !RESPONSE_ID.test(responseId))) {
    throw new TypeError(`${caller}(): responseId has to be the id of an answer, as its provider told it`);
  }
  if (handle === undefined) return safely('finding what is judged', () => subjectNow(responseId)) ?? NOTHING;
  try {
    const target = openHandle(handle);
    return { spanContext: target.spanContext, responseId: responseId ?? target.responseId };
  } catch (error) {
    throw new TypeError(`${caller}(): ${(error as Error).message}`);
  }
}

const NOTHING: Subject = { spanContext: undefined, responseId: undefined };

/** The call that passes the id of an answer is mostly another than the one that gave it: a request with feedback, say. */
function subjectNow(responseId: string | undefined): Subject {
  const now = currentSubject();
  if (responseId === undefined) return now ?? NOTHING;
  const isIt = now?.isAnswer && (now.responseId === undefined ? now.isOpen : now.responseId === responseId);
  return { spanContext: isIt ? now.spanContext : undefined, responseId };
}

function emit({ spanContext, responseId }: Subject, name: string, attributes: Attributes, body?: Attributes): void {
  const signals = activeSignals();
  if (!signals) return;
  const ids: Attributes = responseId === undefined ? {} : { [semconv.ATTR_GEN_AI_RESPONSE_ID]: responseId };
  recordEvent(signals.logger, contextOf(spanContext), name, { ...ids, ...attributes }, body);
}

/** Whatever else the active context carries, it belongs to who judges. */
function contextOf(spanContext: SpanContext | undefined): Context {
  const active = context.active();
  return spanContext ? trace.setSpanContext(active, spanContext) : trace.deleteSpan(active);
}

/** A text as an event shows it: redacted and cut, or not at all. Where content goes to spans only, it has no place. */
function explain(text: string | undefined, span: SpanContext | undefined): Attributes {
  if (text === undefined || text === '' || settings().content === 'SPAN_ONLY' || !activeSignals()) return {};
  return capture('feedback', text, span);
}

function checked<T extends object>(usage: string, argument: T): T {
  if (typeof argument !== 'object' || argument === null) throw new TypeError(`expected ${usage}`);
  return argument;
}

function checkText(caller: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw new TypeError(`${caller}(): ${name} has to be a text`);
}
