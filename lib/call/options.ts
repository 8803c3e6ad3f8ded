import { types } from 'node:util';
import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import { outsideTrace } from '../context/own-trace.js';
import { isSpanContextValid, trace } from '../otel.js';
import { safely, warnOnce } from '../safely.js';
import { addValues } from './call.js';
import type { Call, LogPolicy, Operation, Origin } from './operation.js';

/**
 * Options that every decorator has. `A`: the parameters of the method, or the first of them, by the annotations of the callbacks,
 * which have to agree with each other; `V`: what the method resolves to.
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface CommonOptions<A extends unknown[] = any[], V = any> {
  /** Name of the span. */
  name?: string | ((...args: A) => string);
  /** Attributes added at the start: to the span, visible to samplers, and to the log record. */
  attributes?: Attributes | ((...args: A) => Attributes);
  /** Attributes read from what the method resolved to. Not called for streams, whose items pass one by one. */
  result?: (value: V) => Attributes;
  /** Which calls get a log record. Default `sampled`: a sampled-out call logs only its failure. */
  log?: LogPolicy;
  /**
   * Whether each call begins a trace of its own, sampled as such, and linked to the span that it was called in: for work that
   * outlives the request which started it. It is no part of an agent's turn or of a model call around it; the request context
   * goes along.
   */
  root?: boolean;
  /** Spans that the call's span is linked to. https://opentelemetry.io/docs/concepts/signals/traces/#span-links */
  links?: readonly Link[] | ((...args: A) => readonly Link[]);
  /** The span's kind, in place of the decorator's. */
  kind?: SpanKind;
}

/** The names of options, all of them. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

export const COMMON_OPTIONS: OptionNames<CommonOptions> = {
  name: true,
  attributes: true,
  result: true,
  log: true,
  root: true,
  links: true,
  kind: true,
};

/** Policy of a decorator whose options set none. */
export const DEFAULT_LOG_POLICY: LogPolicy = 'sampled';

/**
 * Asks a callback of the user's. One that throws costs only what it would have added: it is reported once, and the call goes
 * on. So does one that is asynchronous: no call waits for its telemetry.
 */
export function ask<T>(what: string, callback: () => T): T | undefined {
  const answer = safely(what, callback);
  if (!types.isPromise(answer)) return answer;
  answer.catch(() => {});
  warnOnce(`${what} returns a promise and is ignored: it has to be synchronous`);
  return undefined;
}

/** Adds what a callback returned, which may be anything. */
function addAnswer(what: string, bag: Attributes, value: Attributes | undefined): Attributes {
  safely(what, () => addValues(bag, value));
  return bag;
}

/** Adds to an operation what the user's options say. */
export function withOptions(operation: Operation, options: CommonOptions): Operation {
  const { name, attributes, result, log, root, links, kind } = options;
  if (!(name || attributes || result || log || root || links || kind !== undefined)) return operation;
  return {
    ...operation,
    kind: kind ?? operation.kind,
    log: log ?? operation.log,
    label: typeof name === 'string' ? name : operation.label,
    origin: root || links ? (call) => originOf(call, operation, options) : operation.origin,
    name(call, bag) {
      const value = typeof name === 'function' ? ask('the name callback', () => name(...call.args)) : name;
      return typeof value === 'string' && value !== '' ? value : operation.name(call, bag);
    },
    onStart(call) {
      const value =
        typeof attributes === 'function' ? ask('the attributes callback', () => attributes(...call.args)) : attributes;
      return addAnswer('the attributes callback', operation.onStart(call), value);
    },
    onEnd: result
      ? (value, stream, detail, span) => {
          const bag = operation.onEnd?.(value, stream, detail, span) ?? {};
          if (stream || !detail) return bag;
          return addAnswer(
            'the result callback',
            bag,
            ask('the result callback', () => result(value)),
          );
        }
      : operation.onEnd,
  };
}

function originOf(call: Call, operation: Operation, { root, links }: CommonOptions): Origin {
  const { context, links: own } = operation.origin?.(call) ?? { context: call.context, links: [] };
  const given = typeof links === 'function' ? ask('the links callback', () => links(...call.args)) : links;
  const added = safely(
    'reading links',
    () => (given ?? []).filter((link) => link?.context && isSpanContextValid(link.context)),
    [],
  );
  return root
    ? { context: outsideTrace(context), links: [...linksTo(own, context), ...added] }
    : { context, links: [...own, ...added] };
}

/** `links` and one to the span of `context`, if that has a span and they do not link to it already. */
export function linksTo(links: readonly Link[], context: Context): readonly Link[] {
  const span = trace.getSpanContext(context);
  if (!span || !isSpanContextValid(span) || links.some((link) => link.context.spanId === span.spanId)) return links;
  return [...links, { context: span }];
}
