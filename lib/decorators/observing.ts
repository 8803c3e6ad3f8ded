import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { type AnyFunction, observe, observedAs } from '../observation/observe.js';
import type { LogPolicy, Operation } from '../observation/operation.js';
import { addValues } from '../observation/told.js';
import { safely, warnOnce } from '../safely.js';
import { OPERATION_TRACED } from '../signals/semconv.js';
import type { Site } from './method-decorator.js';
import { spanAttributesOf } from './span-attribute.js';

/**
 * What every decorator can be told. `A`: the method's first parameters, as the callbacks annotate them (all alike); `V`: what
 * the method resolves to.
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
}

/** Policy of a decorator that was told nothing else. */
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

/** Adds what a callback answered, which may be anything. */
function addGiven(what: string, bag: Attributes, given: Attributes | undefined): Attributes {
  safely(what, () => addValues(bag, given));
  return bag;
}

/** Adds to an operation what the user's options say. */
export function withOptions(operation: Operation, options: CommonOptions): Operation {
  const { name, attributes, result, log } = options;
  if (!(name || attributes || result || log)) return operation;
  return {
    ...operation,
    log: log ?? operation.log,
    label: typeof name === 'string' ? name : operation.label,
    name(call, bag) {
      const given = typeof name === 'function' ? ask('the name callback', () => name(...call.args)) : name;
      return typeof given === 'string' && given !== '' ? given : operation.name(call, bag);
    },
    onStart(call) {
      const given =
        typeof attributes === 'function' ? ask('the attributes callback', () => attributes(...call.args)) : attributes;
      return addGiven('the attributes callback', operation.onStart(call), given);
    },
    onEnd: result
      ? (value, stream, detail, span) => {
          const bag = operation.onEnd?.(value, stream, detail, span) ?? {};
          if (stream || !detail) return bag;
          return addGiven(
            'the result callback',
            bag,
            ask('the result callback', () => result(value)),
          );
        }
      : operation.onEnd,
  };
}

/**
 * Observes a decorated method, once however often it is decorated. Where two kinds meet on one method, the more telling one
 * wins over `@Traced()`; otherwise the one nearest to the method stays.
 */
export function observeSite(decorator: string, site: Site, operation: Operation): AnyFunction {
  const { member, nameOf } = site;
  const existing = observedAs(site.method);
  if (existing && existing.operation.type !== OPERATION_TRACED) {
    if (existing.operation.type !== operation.type && operation.type !== OPERATION_TRACED) {
      warnOnce(`@${decorator}() is ignored on a method that is observed as '${existing.operation.type}' already`);
    }
    return site.method;
  }
  if (existing && operation.type === OPERATION_TRACED) return site.method;

  const { label } = operation;
  const argumentsOf = member && spanAttributesOf(member.target, member.key);
  return observe(
    site.method,
    argumentsOf ? withArguments(operation, argumentsOf) : operation,
    site.method.name === '' && label !== undefined ? () => label : nameOf,
    existing?.original,
  );
}

function withArguments(operation: Operation, read: (args: readonly unknown[]) => Attributes): Operation {
  return { ...operation, onStart: (call) => Object.assign(operation.onStart(call), read(call.args)) };
}
