import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import { addRequestContext } from '../context/request-context.js';
import { ROOT_CONTEXT, TraceFlags, trace } from '../otel.js';
import { forSpan } from '../privacy/content-attributes.js';
import { safely } from '../safely.js';
import { type Activity, unwatch, watch } from './abandoned.js';
import { contextOf, enclosingCall } from './current.js';
import { errorType, isAnswer } from './failure.js';
import { ATTR_ANNOTEL_OPERATION, ATTR_ANNOTEL_STREAM_END, ATTR_CODE_FUNCTION_NAME, ATTR_ERROR_TYPE } from './names.js';
import type { Call, InFlight, Operation, Outcome, Owner } from './operation.js';
import { record, recordEvent } from './record.js';
import { activeSignals, type Signals } from './signals.js';
import { StreamItems } from './stream-items.js';

/**
 * One call in flight: the constructor opens its span; the first of `ok`, `fail`, `stop` and `abandon` ends it. A call that
 * another one owns has no span: it adds what it learned to that one.
 */
export class CallInFlight implements InFlight {
  context: Context;
  enclosing: InFlight | undefined;
  readonly around: Span | undefined;
  /** The call that the method was called in, also where this one is no part of it: an error may still come out of both. */
  private caller: InFlight | undefined;
  memo: unknown;
  lastActivity: number;
  activity: Activity | undefined;
  readonly spanContext: SpanContext;
  private readonly span: Span;
  private bag: Attributes;
  private readonly owner: Owner | undefined;
  /** What calls that this one owns have added. */
  private nested: Attributes | undefined;
  /** What the method itself says of the call. */
  private annotations: Attributes | undefined;
  /** When the span began, in milliseconds since the epoch. */
  private startTime = 0;
  private readonly started: number;
  private ended = false;
  private watched = false;
  private items: StreamItems | undefined;
  private args: CallArguments | undefined;
  /** Until the method has returned. */
  private called: Call | undefined;
  /** What the method itself made known of the call while it ran. */
  private added: Attributes | undefined;
  /** Begins the same call once more, in another context. Only of calls whose result can be run again. */
  again: ((context: Context) => CallInFlight | undefined) | undefined;

  constructor(
    readonly operation: Operation,
    private readonly signals: Signals,
    called: Call,
  ) {
    const origin = operation.origin?.(called);
    const call = origin ? { ...called, context: origin.context } : called;
    const bag = operation.onStart(call);
    const parent = call.context;
    this.bag = bag;
    this.called = called;
    this.args = new CallArguments(call.args);
    this.enclosing = enclosingCall(parent);
    if (origin) this.caller = enclosingCall(called.context);
    this.around = this.enclosing ? this.enclosing.around : trace.getSpan(parent);
    this.owner = operation.ownedBy?.(parent);
    if (this.owner) {
      this.spanContext = this.owner.spanContext;
      this.span = trace.wrapSpanContext(this.spanContext);
      this.started = this.lastActivity = performance.now();
      this.context = operation.enterOwned?.(parent, this) ?? parent;
      this.owner.addNested({ ...bag, ...operation.describe?.(call, this.spanContext) });
      return;
    }
    addRequestContext(bag, parent);
    const { startedAt } = call;
    const now = Date.now();
    this.startTime = startedAt === undefined ? now : now - (performance.now() - startedAt);
    const start = { kind: operation.kind, attributes: bag, startTime: this.startTime };
    const options = origin ? { ...start, links: [...origin.links] } : start;
    this.span = signals.tracer.startSpan(operation.name(call, bag), options, parent);
    this.started = this.lastActivity = startedAt ?? performance.now();
    this.spanContext = this.span.spanContext();
    this.context = contextOf(operation.enter?.(parent, this, bag) ?? parent, this.span, this);
    this.describe(call);
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  addNested(attributes: Attributes): void {
    if (this.ended) return;
    const sum = this.nested ?? {};
    this.nested = this.operation.combine?.(sum, attributes) ?? { ...sum, ...attributes };
  }

  /** Says what the call is; where the span records, also what else is known of it by now. */
  private describe(call: Call): void {
    const { operation, span, bag } = this;
    const recording = span.isRecording();
    const known = recording ? (operation.describe?.(call, this.spanContext) ?? {}) : bag;
    known[ATTR_CODE_FUNCTION_NAME] = call.method;
    known[ATTR_ANNOTEL_OPERATION] = operation.type;
    if (!recording) return;
    span.setAttributes(forSpan(known));
    Object.assign(bag, known);
  }

  add(attributes: Attributes): void {
    if (this.ended) return;
    if (this.owner) return this.owner.addNested(attributes);
    this.span.setAttributes(forSpan(attributes));
    Object.assign(this.bag, attributes);
    this.added = { ...this.added, ...attributes };
  }

  annotate(attributes: Attributes): void {
    if (this.ended) return;
    this.annotations = addValues(this.annotations ?? {}, attributes);
  }

  addArgument(value: unknown): void {
    this.args?.add(value);
  }

  nestedFailed(args: readonly unknown[]): void {
    this.args?.addFailed(args);
  }

  rename(name: string): void {
    if (!this.ended) this.span.updateName(name);
  }

  event(name: string, attributes: Attributes | undefined): void {
    if (this.ended) return;
    this.span.addEvent(name, attributes);
    if (this.isSampled()) recordEvent(this.signals.logger, this.context, name, attributes);
  }

  /** The result can be run again, and so holds by itself whatever it needs of what the method was given. */
  canRepeat(): void {
    const { called, operation, added } = this;
    if (!called) return;
    const { method, calledAs, args } = called;
    const same: Operation = { ...operation, onStart: (call) => Object.assign(operation.onStart(call), added) };
    this.again = (context) => {
      const signals = activeSignals();
      return signals && new CallInFlight(same, signals, { method, calledAs, args, context });
    };
  }

  /** The result is read later; `lease` lives for as long as anybody still can. */
  pendingOn(lease: object, activity: Activity): void {
    if (this.ended) return;
    // A promise became a stream, which is read on when the promise is gone.
    if (this.watched) unwatch(this);
    this.activity = activity;
    this.watched = true;
    this.called = undefined;
    this.args?.loosen();
    this.lastActivity = performance.now();
    watch(this, lease);
  }

  /** One item of a stream has come. */
  item(chunk: unknown): void {
    if (this.ended) return;
    const now = performance.now();
    const { items } = this;
    if (!items) {
      const detail = this.span.isRecording() || this.isLogged(false);
      const fold = safely('starting to read a stream', () => this.operation.fold?.(detail));
      this.items = new StreamItems((now - this.started) / 1000, fold, chunk);
    } else if (items.add(chunk, (now - this.lastActivity) / 1000)) {
      this.recordGaps(items, { ...this.bag, ...this.readAnswer(undefined, { kind: 'ok' }, false) });
    }
    this.lastActivity = now;
  }

  ok(value: unknown): void {
    this.end({ kind: 'ok' }, value);
  }

  fail(error: unknown): void {
    this.end(isAnswer(error) ? { kind: 'answered' } : { kind: 'failed', error }, undefined);
  }

  /** The reader of a stream stopped before its end: break, return, cancel, unsubscribe. */
  stop(): void {
    this.end({ kind: 'stopped' }, undefined);
  }

  abandon(): void {
    this.end({ kind: 'abandoned' }, undefined, this.lastActivity);
  }

  /** @param at on the clock of `performance.now()`, where it is not now */
  protected end(outcome: Outcome, value: unknown, at?: number): void {
    if (this.ended) return;
    this.ended = true;
    if (this.watched) unwatch(this);
    const ended = at ?? performance.now();
    const caller = this.caller ?? this.enclosing;
    if (outcome.kind === 'failed' && caller?.isOpen) caller.nestedFailed(this.args?.values ?? NOTHING);
    if (this.owner) this.endOwned(this.owner, outcome, value);
    else {
      safely('recording the end of a call', () => this.conclude(outcome, value, (ended - this.started) / 1000));
      // The duration of the metrics. In milliseconds since the epoch: Sentry reads no other number.
      safely('ending a span', () => this.span.end(this.startTime + (ended - this.started)));
    }
    // Timers, sockets and calls that began in this one may hold it for as long as they live: not what it held itself.
    this.bag = {};
    this.nested = this.annotations = this.items = this.args = undefined;
    this.caller = this.called = this.again = this.added = undefined;
    // An abandoned stream may still be read in its context.
    if (outcome.kind !== 'abandoned') this.context = ROOT_CONTEXT;
  }

  /** Whether this call failed is for the owner to say, which may have caught it. */
  private endOwned(owner: Owner, outcome: Outcome, value: unknown): void {
    const read = this.readAnswer(value, outcome, true);
    owner.addNested({ ...this.nestedBeside({}), ...read, [ATTR_ERROR_TYPE]: undefined });
  }

  /** What nested calls added, as far as this one does not know better itself. */
  private nestedBeside(known: Attributes): Attributes {
    const news: Attributes = {};
    for (const key in this.nested) if (known[key] === undefined) news[key] = this.nested[key];
    return news;
  }

  private conclude(outcome: Outcome, value: unknown, seconds: number): void {
    const { operation, span, signals, context, items, nested, annotations } = this;
    const args = () => this.args?.values ?? NOTHING;
    const failed = outcome.kind === 'failed';
    if (!span.isRecording() && !signals.metrics && !this.isLogged(true)) return;

    const detail = span.isRecording() || this.isLogged(failed);
    const read = this.readAnswer(value, outcome, detail);
    const learned = nested ? { ...this.nestedBeside(this.bag), ...read } : read;
    if (failed) learned[ATTR_ERROR_TYPE] = errorType(outcome.error);
    else if (outcome.kind === 'stopped' || outcome.kind === 'abandoned')
      learned[ATTR_ANNOTEL_STREAM_END] = outcome.kind;
    // Spread, not assigned: objects that grow key by key become slow ones.
    const known = { ...this.bag, ...learned };
    const following = safely('completing a call', () => operation.complete?.(known, context, args));
    const late = { ...learned, ...following };
    const bag = following ? { ...known, ...following } : known;
    const name = nested && operation.nameAtEnd?.(bag);
    if (name !== undefined) span.updateName(name);
    const thrown = failed ? { error: outcome.error, args: args() } : undefined;
    // An answer may report a failure, too.
    const isLogged = this.isLogged(bag[ATTR_ERROR_TYPE] !== undefined);
    record({ operation, span, context, signals, bag, late, annotations, seconds, thrown, isLogged });
    if (items?.fold) this.recordGaps(items, bag);
  }

  private isLogged(failed: boolean): boolean {
    const policy = this.operation.log;
    return policy !== 'none' && (failed || policy === 'all' || (policy === 'sampled' && this.isSampled()));
  }

  /** Without traces nothing is sampled out. */
  private isSampled(): boolean {
    return !this.signals.tracing || (this.spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  private recordGaps(items: StreamItems, bag: Attributes): void {
    const gaps = items.takeGaps();
    const meter = this.signals.metrics?.meter;
    // Those of an owned call are the owner's, too.
    if (meter && !this.owner) safely('recording chunk times', () => this.operation.recordGaps?.(meter, bag, gaps));
  }

  /** A stream is read from its folded items, complete or not; a call that failed before any item has no answer. */
  private readAnswer(value: unknown, outcome: Outcome, detail: boolean): Attributes {
    const { operation, items } = this;
    if (!operation.onEnd || (items ? !items.fold : outcome.kind !== 'ok')) return {};
    return safely(
      'reading an answer',
      () => {
        const answer = items?.fold ? items.fold.value() : value;
        return operation.onEnd?.(answer, items && { firstItem: items.first }, detail, this.spanContext) ?? {};
      },
      {},
    );
  }
}

/** Adds attributes to a bag, but for those without a value: back ends refuse a batch for one null. */
export function addValues(bag: Attributes, more: Attributes | undefined): Attributes {
  for (const key in more) if (more[key] !== null && more[key] !== undefined) bag[key] = more[key];
  return bag;
}

const NOTHING: readonly unknown[] = [];
/** Calls that try again and again must not gather the arguments of all attempts. */
const MOST_FAILED = 32;

/**
 * The arguments of a call, for as long as an error of its may repeat them. A call whose result is read later may be in flight
 * for long, and must not be what keeps its arguments alive.
 */
class CallArguments {
  /** Arguments of nested calls that have failed: errors are made of errors. */
  private failed = NOTHING;
  /** Those that are held weakly. */
  private weakly: readonly unknown[] | undefined;

  constructor(private args: readonly unknown[] | undefined) {}

  add(value: unknown): void {
    if (this.args) this.args = [...this.args, value];
    else this.weakly = [...(this.weakly ?? []), weak(value)];
  }

  /** From now on objects are held weakly; short texts stay. */
  loosen(): void {
    this.weakly ??= this.args?.map(weak);
    this.args = undefined;
  }

  addFailed(args: readonly unknown[]): void {
    if (args.length > 0) this.failed = [...this.failed, ...args.map(weak)].slice(-MOST_FAILED);
  }

  /** Those that are still there. */
  get values(): readonly unknown[] {
    const own = this.args ?? this.weakly?.map(strong) ?? NOTHING;
    return this.failed.length > 0 ? [...own, ...this.failed.map(strong)] : own;
  }
}

function weak(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new WeakRef(value) : value;
}

function strong(value: unknown): unknown {
  return value instanceof WeakRef ? value.deref() : value;
}
