import { types } from 'node:util';
import { context } from '../otel.js';
import { safely } from '../safely.js';
import { CallInFlight } from './call.js';
import type { CallNames, Operation } from './operation.js';
import { settle } from './result/settle.js';
import { activeSignals, type Signals } from './signals.js';

// biome-ignore lint/suspicious/noExplicitAny: a method of any signature is observed, and keeps its own type
export type AnyFunction = (...args: any[]) => any;

interface Observed {
  readonly original: AnyFunction;
  readonly operation: Operation;
}

/** Shared by every copy of the package, so that a method decorated through two of them is still observed once. */
const OBSERVED = Symbol.for('annotel.observed');
const holder = globalThis as { [OBSERVED]?: WeakMap<AnyFunction, Observed> };
holder[OBSERVED] ??= new WeakMap();
const observed = holder[OBSERVED];

/**
 * Whether an annotel decorator observes this function already, through whichever copy of the package. Never throws.
 *
 * @example
 * ```ts
 * isObserved(orders.load); // true where `load` is decorated with @Traced()
 * ```
 */
export function isObserved(method: unknown): boolean {
  return typeof method === 'function' && observed.has(method as AnyFunction);
}

/** What an observed function wraps, and as what; `undefined` for any other function. */
export function observedAs(method: AnyFunction): Observed | undefined {
  return observed.get(method);
}

/**
 * Wraps a method so that every call becomes one observation. The returned function behaves as it does: same value or
 * the very same object, same error, synchronous if it was; with its name, length, own properties, prototype and
 * reflect-metadata.
 *
 * @param decorated the method whose identity is taken on
 * @param namesOf gets the qualified names of the method from the `this` of a call
 * @param method the method to run, where `decorated` is an observed one whose observation is replaced
 */
export function observe(
  decorated: AnyFunction,
  operation: Operation,
  namesOf: (self: unknown) => CallNames,
  method: AnyFunction = decorated,
): AnyFunction {
  const fresh = types.isAsyncFunction(method) && !types.isGeneratorFunction(method);
  const observedCall = (signals: Signals, self: unknown, args: unknown[]): unknown => {
    const call = safely(
      'starting to observe a call',
      () =>
        new CallInFlight(operation, signals, {
          ...namesOf(self),
          args,
          context: context.active(),
          memo: undefined,
        }),
    );
    if (call === undefined) return Reflect.apply(method, self, args);

    let value: unknown;
    try {
      value = context.with(call.context, method, self, ...args);
    } catch (error) {
      call.fail(error);
      throw error;
    }
    return settle(value, call, fresh);
  };
  // A shorthand method, since that has no `prototype` of its own: like the methods it stands for. No closure in here: one
  // would cost every call an allocation, listened to or not.
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      const signals = activeSignals();
      return signals === undefined ? Reflect.apply(method, this, args) : observedCall(signals, this, args);
    },
  };
  takeOnIdentity(wrapper, decorated);
  observed.set(wrapper, { original: method, operation });
  return wrapper;
}

/** Frameworks find guards, routes and parameters by a function's own properties and metadata. */
export function takeOnIdentity(wrapper: AnyFunction, method: AnyFunction): void {
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method));
  for (const key of Reflect.ownKeys(method)) {
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(method, key) as PropertyDescriptor);
  }
  copyMetadata(method, wrapper);
}

/** Copies what `reflect-metadata` holds of one function to another, where an app has loaded it. */
function copyMetadata(from: AnyFunction, to: AnyFunction): void {
  const { getOwnMetadataKeys, getOwnMetadata, defineMetadata } = Reflect as Partial<typeof Reflect>;
  if (!getOwnMetadataKeys || !getOwnMetadata || !defineMetadata) return;
  for (const key of getOwnMetadataKeys(from)) defineMetadata(key, getOwnMetadata(key, from), to);
}
