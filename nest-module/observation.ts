import type { Attributes, Context } from '@opentelemetry/api';
import { CallInFlight } from '../lib/call/call.js';
import { OPERATION_TRACED } from '../lib/call/names.js';
import type { Operation } from '../lib/call/operation.js';
import { settle } from '../lib/call/result/settle.js';
import { activeSignals } from '../lib/call/signals.js';
import { context, SpanKind } from '../lib/otel.js';
import { safely } from '../lib/safely.js';

/** What a framework calls, as it is recorded: without arguments and content, and without a log record. */
export interface Observation {
  /** `Class.method`: `code.function.name`. */
  readonly method: string;
  /** Name of the span, low in cardinality. Default: the method. */
  readonly name?: string;
  /** Default INTERNAL. */
  readonly kind?: SpanKind;
  /** `annotel.operation`. Default `traced`. */
  readonly type?: string;
  readonly attributes?: Attributes;
}

/** What is called, as the engine takes it. Made once where it is called often. */
export interface CalledMethod {
  readonly method: string;
  readonly operation: Operation;
}

export function calledMethod(observation: Observation): CalledMethod {
  const { method, name = method, kind = SpanKind.INTERNAL, type = OPERATION_TRACED, attributes } = observation;
  return { method, operation: { kind, type, log: 'none', name: () => name, onStart: () => ({ ...attributes }) } };
}

/** A call whose end the framework tells: at a time that is past, or by an error that is a failure whatever else it is. */
export class FrameworkCall extends CallInFlight {
  /** @param at on the clock of `performance.now()` */
  endAt(at: number): void {
    this.end({ kind: 'ok' }, undefined, at);
  }

  /** @param at on the clock of `performance.now()` */
  failAt(error: unknown, at: number): void {
    this.end({ kind: 'failed', error }, undefined, at);
  }
}

/** Runs `work` as one observed call, to the true end of what it returns. Returns and throws what `work` does. */
export function observeCall<T>(what: CalledMethod, work: () => T, Call: typeof FrameworkCall = FrameworkCall): T {
  return observeAs(startCall(what, Call), work);
}

/** Runs `work` as a call that has been started; where it could not be, `work` runs all the same. */
export function observeAs<T>(call: FrameworkCall | undefined, work: () => T): T {
  if (!call) return work();
  let value: T;
  try {
    value = context.with(call.context, work);
  } catch (error) {
    call.fail(error);
    throw error;
  }
  return settle(value, call, false) as T;
}

/** Starts a call; `undefined` where nobody listens. */
export function startCall<C extends FrameworkCall>(
  { method, operation }: CalledMethod,
  Call: new (...args: ConstructorParameters<typeof CallInFlight>) => C,
): C | undefined {
  const signals = activeSignals();
  if (!signals) return undefined;
  return safely(
    'starting to observe a call',
    () =>
      new Call(operation, signals, { method, calledAs: method, args: [], context: context.active(), memo: undefined }),
  );
}

/** A step that has ended already. */
export interface PastStep {
  readonly what: CalledMethod;
  /** The context that it was taken in. */
  readonly parent: Context;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Records a step after its end, as a span and not in metrics: those would count but the steps that somebody found worth a span.
 *
 * @param failure what it threw, where that is a failure
 */
export function recordPast(
  { what, parent, startedAt, endedAt }: PastStep,
  failure?: { readonly error: unknown },
): void {
  const signals = activeSignals();
  if (!signals) return;
  safely('recording a step', () => {
    const { method, operation } = what;
    const call = new FrameworkCall(
      operation,
      { ...signals, metrics: undefined },
      { method, calledAs: method, args: [], context: parent, startedAt },
    );
    if (failure) call.failAt(failure.error, endedAt);
    else call.endAt(endedAt);
  });
}
