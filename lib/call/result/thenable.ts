import { types } from 'node:util';
import type { CallInFlight } from '../call.js';
import { inCallersContext, methodOf, type Tap, trap } from './tap.js';

export interface Thenable {
  then(onFulfilled?: (value: unknown) => unknown, onRejected?: (error: unknown) => unknown): unknown;
}

export function isThenable(value: object): value is Thenable {
  return methodOf(value, 'then') !== undefined;
}

/** A native promise with nothing of its own: it cannot be distinguished from one derived from it. */
export function isPlainPromise(value: object): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  const prototype: object = Object.getPrototypeOf(value);
  return isRootPrototype(prototype) && hasNothingOfItsOwn(value);
}

let rootSeen: object | undefined;

/** `Promise.prototype` of any realm: the only prototype of a promise that stands directly on `Object.prototype`. */
function isRootPrototype(prototype: object): boolean {
  if (prototype === rootSeen) return true;
  const above: object | null = Object.getPrototypeOf(prototype);
  if (above === null || Object.getPrototypeOf(above) !== null || !Object.hasOwn(prototype, 'then')) return false;
  rootSeen = prototype;
  return true;
}

/** Symbols that Node itself keeps on promises where async hooks are on. */
const nodeSymbols = new Set<string | symbol>();

function hasNothingOfItsOwn(value: object): boolean {
  const own = Reflect.ownKeys(value);
  return own.length === 0 || own.every((key) => nodeSymbols.has(key) || isNodeSymbol(key));
}

/** What stands on a promise made just now, by nobody, is Node's. */
function isNodeSymbol(key: string | symbol): boolean {
  if (typeof key === 'string' || !Object.hasOwn(Promise.resolve(), key)) return false;
  nodeSymbols.add(key);
  return true;
}

/** Gives `promise` a follower that sees how it settles and passes it on unchanged, rejections included. */
export function follow(
  promise: Promise<unknown>,
  resolved: (value: unknown) => void,
  rejected: (error: unknown) => void,
): Promise<unknown> {
  return promise.then(
    (value) => {
      resolved(value);
      return value;
    },
    (error) => {
      rejected(error);
      throw error;
    },
  );
}

/** As {@link follow}, for a promise that a caller waits for: until it settles, the call is not idle. */
export function followWaiting(
  waited: Pick<Tap, 'wait'>,
  promise: Promise<unknown>,
  resolved: (value: unknown) => void,
  rejected: (error: unknown) => void,
): Promise<unknown> {
  const done = waited.wait();
  return follow(
    promise,
    (value) => {
      done();
      resolved(value);
    },
    (error) => {
      done();
      rejected(error);
    },
  );
}

/**
 * Watches a thenable in place.
 *
 * @param resolved settles a call by the value that the thenable resolved to
 */
export function trapThenable(
  value: Thenable,
  tap: Tap,
  resolved: (value: unknown) => (call: CallInFlight) => void,
): void {
  const then = value.then;
  const root = types.isPromise(value) ? rootPrototypeOf(value) : undefined;
  if (root && then === Reflect.get(root, 'then')) {
    // It is under way: however long it takes, it is not idle.
    const done = tap.wait();
    const followed = trapEagerPromise(value, then, root, {
      resolved(result) {
        done();
        tap.settle(resolved(result));
      },
      rejected(error) {
        done();
        tap.fail(error);
      },
    });
    if (!followed) tap.ok();
    return;
  }
  trapForeignThenable(value, then, tap, {
    resolved: (result) => tap.settleForNow(resolved(result)),
    rejected: (error) => tap.settleForNow((call) => call.fail(error)),
  });
}

/** Learns how a thenable settles. */
interface Settled {
  resolved(value: unknown): void;
  rejected(error: unknown): void;
}

function rootPrototypeOf(promise: object): object | undefined {
  let prototype: object | null = Object.getPrototypeOf(promise);
  while (prototype && !isRootPrototype(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype ?? undefined;
}

/** Derives plain promises, so that nothing of a user's subclass runs on our behalf. */
class Marker extends Promise<unknown> {
  static override readonly name = 'Promise';
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
}

/**
 * A native promise settles whether or not anybody asks, so it is watched by a branch. The branch rejects as the promise
 * does, so that a rejection that nobody handles is reported as unhandled, exactly once.
 * As soon as the caller attaches a handler of its own, the branch is silenced.
 *
 * @returns false where the promise does not let itself be watched
 */
function trapEagerPromise(value: Thenable, then: Thenable['then'], root: object, settled: Settled): boolean {
  const own = Reflect.getOwnPropertyDescriptor(value, 'constructor');
  // `then` makes the derived promise by `constructor`, and `await` skips a trapped `then` unless that is not `Promise`.
  if (!trap(value, 'constructor', Marker)) return false;
  const branch = Reflect.apply(then, value, [
    (result: unknown) => settled.resolved(result),
    (error: unknown) => {
      settled.rejected(error);
      throw error;
    },
  ]) as Promise<unknown>;
  const usual = Reflect.get(Object.getPrototypeOf(value), 'constructor') === Reflect.get(root, 'constructor');
  if (own) Reflect.defineProperty(value, 'constructor', own);
  else if (!usual) Reflect.deleteProperty(value, 'constructor');

  let silenced = false;
  return trap(value, 'then', function (this: Thenable, ...handlers: unknown[]): unknown {
    if (!silenced) {
      silenced = true;
      branch.catch(() => {});
    }
    return Reflect.apply(then, this, handlers);
  });
}

/** Methods of HTTP clients' promises that lead to the response by another way than `then`. */
const OTHER_WAYS = ['withResponse', 'asResponse', 'withRawResponse'];

/**
 * A foreign thenable may be lazy and may run anew at each `then`: it is only watched when its caller calls it. It then runs
 * in the context of the call, but the caller's handlers run in the caller's own.
 */
function trapForeignThenable(value: Thenable, then: Thenable['then'], tap: Tap, settled: Settled): void {
  // The methods may call one another; only the one that the caller called is watched.
  let inside = false;
  const outermost = (method: Thenable['then'], self: unknown, args: readonly unknown[]): unknown => {
    inside = true;
    try {
      return tap.run(method, self, args);
    } catch (error) {
      settled.rejected(error);
      throw error;
    } finally {
      inside = false;
    }
  };
  const watched = trap(value, 'then', function (this: Thenable, ...args: unknown[]): unknown {
    if (inside) return Reflect.apply(then, this, args);
    const [onFulfilled, onRejected, ...rest] = args;
    const [fulfil, reject] = [inCallersContext(onFulfilled), inCallersContext(onRejected)];
    const done = tap.wait();
    let returned = false;
    let chained = false;
    const derived = outermost(then, this, [
      (result: unknown) => {
        done();
        settled.resolved(result);
        return fulfil ? fulfil(result) : result;
      },
      (error: unknown) => {
        done();
        settled.rejected(error);
        if (reject) return reject(error);
        // It goes on to what `then` returned; where that is nothing to wait for, the caller did not want to know.
        if (!returned || chained) throw error;
      },
      ...rest,
    ]);
    returned = true;
    chained = typeof derived === 'object' && derived !== null && isThenable(derived);
    return derived;
  });
  if (!watched) return tap.ok();

  // These need not go through the thenable's own `then`.
  for (const key of ['catch', 'finally', ...OTHER_WAYS]) {
    const method = methodOf(value, key);
    if (!method) continue;
    trap(value, key, function (this: unknown, ...args: unknown[]): unknown {
      if (inside) return Reflect.apply(method, this, args);
      // The handler comes last: Bluebird's `catch` takes error classes before it.
      const handler = inCallersContext(args.at(-1));
      const failed = (error: unknown): unknown => {
        if (key === 'catch') settled.rejected(error);
        return handler?.(error);
      };
      const derived: unknown = outermost(method, this, handler ? [...args.slice(0, -1), failed] : args);
      return types.isPromise(derived) ? followWaiting(tap, derived, settled.resolved, settled.rejected) : derived;
    });
  }
}
