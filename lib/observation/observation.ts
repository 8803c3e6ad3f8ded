import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import { context, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import type { Claim } from '../signals/claim.js';
import { forSpan } from '../signals/content-attributes.js';
import { emitEvent, emitLog } from '../signals/logs.js';
import {
  ATTR_ANNOTEL_OPERATION,
  ATTR_ANNOTEL_STREAM_END,
  ATTR_CODE_FUNCTION_NAME,
  ATTR_ERROR_TYPE,
} from '../signals/semconv.js';
import type { Signals } from '../signals/signals.js';
import { type Activity, unwatch, watch } from './abandoned.js';
import { errorMessage, errorType, exceptionAttributes } from './failure.js';
import { contextOf, observationOf } from './observed-context.js';
import type { Call, Fold, Operation } from './operation.js';

/** The observed call that the active context belongs to. */
export function currentObservation(): Observation | undefined {
  return observationOf(context.active());
}

/** A long stream's chunk times are recorded in parts, so that memory does not grow with its length. */
const MOST_CHUNK_GAPS = 512;

/** How a call ended. A stream may be `stopped` by its reader, or `abandoned`: never read to its end. */
type Outcome = { readonly kind: 'ok' | 'stopped' | 'abandoned' } | { readonly kind: 'failed'; readonly error: unknown };

/**
 * One call in flight: the constructor opens its span; the first of `ok`, `fail`, `stop` and `abandon` ends it. A call that is
 * part of another has no span: at its end it tells that one what it learned.
 */
export class Observation implements Claim {
  readonly context: Context;
  lastActivity: number;
  activity: Activity | undefined;
  private readonly span: Span;
  private readonly bag: Attributes;
  /** The call that this one is part of. */
  private readonly whole: Claim | undefined;
  /** What parts of this call told. */
  private told: Attributes | undefined;
  /** What the method itself says of the call. */
  private annotations: Attributes | undefined;
  private readonly started: number;
  private ended = false;
  private watched = false;
  private fold: Fold | undefined;
  private firstItem: number | undefined;
  /** Seconds between items, not yet recorded. */
  private chunkGaps: number[] | undefined;

  constructor(
    readonly operation: Operation,
    private readonly signals: Signals,
    call: Call,
  ) {
    const bag = operation.onStart(call);
    const parent = call.context;
    this.bag = bag;
    this.whole = operation.partOf?.(parent);
    if (this.whole) {
      this.span = trace.wrapSpanContext(this.whole.spanContext);
      this.started = this.lastActivity = performance.now();
      this.context = parent;
      return;
    }
    this.span = signals.tracer.startSpan(operation.name(call, bag), { kind: operation.kind, attributes: bag }, parent);
    // Right behind the span's own start, so that metrics and span tell the same duration.
    this.started = this.lastActivity = performance.now();
    const entered = operation.enter ? operation.enter(parent, this) : parent;
    this.context = contextOf(entered, this.span, this);
    this.describe(call);
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  get spanContext(): SpanContext {
    return this.span.spanContext();
  }

  tell(attributes: Attributes): void {
    if (this.ended) return;
    const { told, operation } = this;
    this.told = told ? (operation.combine?.(told, attributes) ?? { ...told, ...attributes }) : attributes;
  }

  /** Says what the call is; where the span records, also what else is known of it by now. */
  private describe(call: Call): void {
    const { operation, span, bag } = this;
    const recording = span.isRecording();
    const known = recording ? (operation.describe?.(call) ?? {}) : bag;
    known[ATTR_CODE_FUNCTION_NAME] = call.method;
    known[ATTR_ANNOTEL_OPERATION] = operation.type;
    if (!recording) return;
    span.setAttributes(forSpan(known));
    Object.assign(bag, known);
  }

  /** Adds what became known of the call while it runs: to all three signals. */
  learn(attributes: Attributes): void {
    if (this.ended) return;
    if (this.whole) return this.whole.tell(attributes);
    this.span.setAttributes(forSpan(attributes));
    Object.assign(this.bag, attributes);
  }

  /** Adds what the method says of its own accord: to span and log record, not to metrics. */
  annotate(attributes: Attributes): void {
    if (this.ended) return;
    this.annotations ??= {};
    for (const key in attributes) {
      const value = attributes[key];
      // Back ends refuse whole batches for a null.
      if (value !== null && value !== undefined) this.annotations[key] = value;
    }
  }

  rename(name: string): void {
    if (!this.ended) this.span.updateName(name);
  }

  /** Records a timestamped event: as a span event, and as a log record of its own in the call's context. */
  event(name: string, attributes: Attributes | undefined): void {
    if (this.ended) return;
    this.span.addEvent(name, attributes);
    if (this.isSampled()) emitEvent(this.signals.logger, this.context, name, attributes);
  }

  /** The result is read later; `lease` lives for as long as anybody still can. */
  pendingOn(lease: object, activity: Activity): void {
    if (this.ended || this.watched) return;
    this.activity = activity;
    this.watched = true;
    this.lastActivity = performance.now();
    watch(this, lease);
  }

  /** One item of a stream has come. */
  item(chunk: unknown): void {
    if (this.ended) return;
    const now = performance.now();
    const previous = this.lastActivity;
    this.lastActivity = now;
    if (this.firstItem === undefined) {
      this.firstItem = (now - this.started) / 1000;
      this.fold = safely('starting to read a stream', () => this.operation.fold?.(this.isDetailed()));
      return this.addToFold(chunk);
    }
    if (!this.fold) return;
    this.chunkGaps ??= [];
    this.chunkGaps.push((now - previous) / 1000);
    this.addToFold(chunk);
    if (this.chunkGaps.length < MOST_CHUNK_GAPS) return;
    this.recordChunkGaps({ ...this.bag, ...this.readAnswer(undefined, { kind: 'ok' }, false) });
  }

  private addToFold(chunk: unknown): void {
    const fold = this.fold;
    if (fold) safely('reading a chunk', () => fold.add(chunk));
  }

  ok(value: unknown): void {
    this.end({ kind: 'ok' }, value);
  }

  fail(error: unknown): void {
    this.end({ kind: 'failed', error }, undefined);
  }

  /** The reader of a stream stopped before its end: break, return, cancel, unsubscribe. */
  stop(): void {
    this.end({ kind: 'stopped' }, undefined);
  }

  abandon(): void {
    this.end({ kind: 'abandoned' }, undefined, this.lastActivity);
  }

  private end(outcome: Outcome, value: unknown, at?: number): void {
    if (this.ended) return;
    this.ended = true;
    if (this.watched) unwatch(this);
    const ended = at ?? performance.now();
    if (this.whole) return this.tellWhole(this.whole, outcome, value);
    safely('recording the end of a call', () => this.render(outcome, value, (ended - this.started) / 1000));
    safely('ending a span', () => this.span.end(ended));
  }

  /** Whether the part failed is told by the whole, which may have caught it. */
  private tellWhole(whole: Claim, outcome: Outcome, value: unknown): void {
    const { [ATTR_ERROR_TYPE]: _, ...learned } = this.readAnswer(value, outcome, true);
    whole.tell(learned);
  }

  /** One bag, three renderings: attributes → status → metrics → log; the caller ends the span last. */
  private render(outcome: Outcome, value: unknown, seconds: number): void {
    const { span, bag, signals } = this;
    const recording = span.isRecording();
    if (!recording && !signals.instruments && !this.isLogged(true)) return;

    const detail = recording || this.isLogged(outcome.kind === 'failed');
    const late = this.told
      ? { ...this.told, ...this.readAnswer(value, outcome, detail) }
      : this.readAnswer(value, outcome, detail);
    if (outcome.kind === 'failed') late[ATTR_ERROR_TYPE] = errorType(outcome.error);
    else if (outcome.kind !== 'ok') late[ATTR_ANNOTEL_STREAM_END] = outcome.kind;
    // An answer may tell of a failure, too.
    const failed = late[ATTR_ERROR_TYPE] !== undefined;
    Object.assign(bag, late);
    const following = safely('completing a call', () => this.operation.complete?.(bag, this.context, detail));
    Object.assign(bag, Object.assign(late, following));
    if (recording) span.setAttributes(forSpan(late));
    if (recording && this.annotations) span.setAttributes(this.annotations);

    const logged = this.isLogged(failed);
    const exception =
      outcome.kind === 'failed' && (recording || logged) ? exceptionAttributes(outcome.error) : undefined;
    if (failed && recording) {
      const message = outcome.kind === 'failed' ? errorMessage(outcome.error) : undefined;
      span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message });
      if (exception?.first && settings().exceptionEvents) span.addEvent('exception', exception.attributes);
    }
    const { instruments, logger } = signals;
    if (instruments) safely('recording metrics', () => instruments.record(bag, seconds, this.context));
    this.recordChunkGaps(bag);
    if (!logged) return;
    const { annotations } = this;
    const said = annotations || exception ? { ...annotations, ...exception?.attributes } : undefined;
    safely('emitting a log record', () => emitLog(logger, this.context, bag, said));
  }

  private isLogged(failed: boolean): boolean {
    const policy = this.operation.log;
    if (policy === 'none') return false;
    return failed || policy === 'all' || (policy === 'sampled' && this.isSampled());
  }

  /** Whether anything but metrics is kept of the call, as long as it does not fail. */
  private isDetailed(): boolean {
    return this.span.isRecording() || this.isLogged(false);
  }

  /** Without traces nothing is sampled out. */
  private isSampled(): boolean {
    return !this.signals.tracing || (this.span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  private recordChunkGaps(bag: Attributes): void {
    const gaps = this.chunkGaps;
    if (!gaps) return;
    this.chunkGaps = undefined;
    const { signals } = this;
    safely('recording chunk times', () => signals.instruments?.recordChunkGaps(bag, gaps, this.context));
  }

  /** A stream is read from its folded items, complete or not; a call that failed before any item has no answer. */
  private readAnswer(value: unknown, outcome: Outcome, detail: boolean): Attributes {
    const { operation, fold, firstItem } = this;
    const streamed = firstItem !== undefined;
    if (!operation.onEnd || (streamed ? !fold : outcome.kind !== 'ok')) return {};
    return safely(
      'reading an answer',
      () => operation.onEnd?.(fold ? fold.value() : value, streamed ? { firstItem } : undefined, detail) ?? {},
      {},
    );
  }
}
