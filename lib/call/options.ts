import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { safely, warnOnce } from '../safely.js';
import { addValues } from './call.js';
import type { LogPolicy, Operation } from './operation.js';

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
}

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
  const { name, attributes, result, log } = options;
  if (!(name || attributes || result || log)) return operation;
  return {
    ...operation,
    log: log ?? operation.log,
    label: typeof name === 'string' ? name : operation.label,
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
