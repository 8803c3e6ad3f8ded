import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, createContextKey, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { emitEvent, emitLog } from '../signals/logs.js';
import {
  ATTR_ANNOTEL_OPERATION,
  ATTR_ANNOTEL_STREAM_END,
  ATTR_CODE_FUNCTION_NAME,
  ATTR_ERROR_TYPE,
} from '../signals/semconv.js';
import type { Signals } from '../signals/signals.js';
import { unwatch, watch } from './abandoned.js';
import { errorMessage, errorType, exceptionAttributes } from './failure.js';
import type { Call, Fold, Operation } from './operation.js';

const OBSERVATION = createContextKey('annotel.observation');

/** The observed call that the active context belongs to. */
export function currentObservation(): Observation | undefined {
  return context.active().getValue(OBSERVATION) as Observation | undefined;
}

/** A long stream's chunk times are recorded in parts, so that memory does not grow with its length. */
const MOST_CHUNK_GAPS = 512;

/** How a call ended. A stream may be `stopped` by its reader, or `abandoned`: never read to its end. */
type Outcome = { readonly kind: 'ok' | 'stopped' | 'abandoned' } | { readonly kind: 'failed'; readonly error: unknown };

/** One call in flight: the constructor opens its span; the first of `ok`, `fail`, `stop` and `abandon` ends it. */
export class Observation {
  readonly context: Context;
  lastActivity: number;
  private readonly span: Span;
  private readonly bag: Attributes;
  /** What became known after the start. Written to the span in one go, at the end. */
  private readonly late: Attributes = {};
  private readonly started: number;
  private ended = false;
  private watched = false;
  private fold: Fold | undefined;
  private firstItem: number | undefined;
  /** Seconds between items, not yet recorded. */
  private chunkGaps: number[] = [];

  constructor(
    readonly operation: Operation,
    private readonly signals: Signals,
    call: Call,
  ) {
    const bag = operation.onStart(call);
    const parent = context.active();
    this.started = this.lastActivity = performance.now();
    this.span = signals.tracer.startSpan(operation.name(call, bag), { kind: operation.kind, attributes: bag }, parent);
    this.context = trace.setSpan(parent, this.span).setValue(OBSERVATION, this);
    this.bag = bag;
    this.describe(call);
  }

  private describe(call: Call): void {
    const { operation, span, bag } = this;
    const known: Attributes = { [ATTR_CODE_FUNCTION_NAME]: call.method, [ATTR_ANNOTEL_OPERATION]: operation.type };
    if (span.isRecording()) {
      if (operation.describe) Object.assign(known, operation.describe(call));
      span.setAttributes(known);
    }
    Object.assign(bag, known);
  }

  /** Adds attributes to the call: to its span and its log record. */
  add(attributes: Attributes): void {
    if (!this.ended) Object.assign(this.late, attributes);
  }

  rename(name: string): void {
    if (!this.ended) this.span.updateName(name);
  }

  /** Records a timestamped event: as a span event, and as a log record of its own in the call's context. */
  event(name: string, attributes: Attributes | undefined): void {
    if (this.ended) return;
    this.span.addEvent(name, attributes);
    if (isSampled(this.span)) emitEvent(this.signals.logger, this.context, name, attributes);
  }

  /** The result is read later; `lease` lives for as long as anybody still can. */
  pendingOn(lease: object): void {
    if (this.ended || this.watched) return;
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
      this.fold = safely('starting to read a stream', () => this.operation.fold?.());
      return this.addToFold(chunk);
    }
    if (!this.fold) return;
    this.chunkGaps.push((now - previous) / 1000);
    this.addToFold(chunk);
    if (this.chunkGaps.length === MOST_CHUNK_GAPS) this.recordChunkGaps();
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
    const seconds = ((at ?? performance.now()) - this.started) / 1000;
    safely('recording the end of a call', () => this.render(outcome, value, seconds));
    safely('ending a span', () => this.span.end(at));
  }

  /** One bag, three renderings: attributes → status → metrics → log; the caller ends the span last. */
  private render(outcome: Outcome, value: unknown, seconds: number): void {
    const { span, late, bag, signals, operation } = this;
    const failed = outcome.kind === 'failed';
    const recording = span.isRecording();
    const logged = isLogged(operation.log, failed, span);
    if (!recording && !logged && !signals.instruments) return;

    this.readAnswer(value, outcome, recording || logged);
    if (failed) late[ATTR_ERROR_TYPE] = errorType(outcome.error);
    else if (outcome.kind !== 'ok') late[ATTR_ANNOTEL_STREAM_END] = outcome.kind;
    if (recording) span.setAttributes(late);
    Object.assign(bag, late);

    const exception = failed && (recording || logged) ? exceptionAttributes(outcome.error) : undefined;
    if (failed && recording) {
      const message = errorMessage(outcome.error);
      span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message });
      if (exception?.first && settings().exceptionEvents) span.addEvent('exception', exception.attributes);
    }
    const { instruments } = signals;
    if (instruments) safely('recording metrics', () => instruments.record(bag, seconds, this.context));
    this.recordChunkGaps();
    if (logged)
      safely('emitting a log record', () => emitLog(signals.logger, this.context, bag, exception?.attributes));
  }

  private recordChunkGaps(): void {
    const gaps = this.chunkGaps;
    if (gaps.length === 0) return;
    this.chunkGaps = [];
    const { signals, bag } = this;
    safely('recording chunk times', () => signals.instruments?.recordChunkGaps(bag, gaps, this.context));
  }

  /** A stream is read from its folded items, complete or not; a call that failed before any item has no answer. */
  private readAnswer(value: unknown, outcome: Outcome, detail: boolean): void {
    const { operation, fold, firstItem } = this;
    const streamed = firstItem !== undefined;
    if (!operation.onEnd || (streamed ? !fold : outcome.kind !== 'ok')) return;
    const read = safely('reading an answer', () =>
      operation.onEnd?.(fold ? fold.value() : value, streamed ? { firstItem } : undefined, detail),
    );
    if (read) Object.assign(this.late, read);
  }
}

function isLogged(policy: Operation['log'], failed: boolean, span: Span): boolean {
  if (policy === 'none') return false;
  return failed || policy === 'all' || (policy === 'sampled' && isSampled(span));
}

function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
