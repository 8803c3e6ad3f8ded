import { types } from 'node:util';
import { inCallersContext, methodOf, type Tap, trap } from './tap.js';

export interface Thenable {
  then(onFulfilled?: (value: unknown) => unknown, onRejected?: (error: unknown) => unknown): unknown;
}

export function isThenable(value: object): value is Thenable {
  return methodOf(value, 'then') !== undefined;
}

/** A native promise with nothing of its own: nobody can tell it from one derived from it. */
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

/**
 * Watches a thenable whose identity matters: a promise subclass, a promise with properties, a foreign or lazy thenable.
 *
 * @param resolved settles the calls by the value that the thenable resolved to
 */
export function trapThenable(value: Thenable, tap: Tap, resolved: (value: unknown) => void): void {
  const rejected = (error: unknown): void => tap.fail(error);
  const then = value.then;
  const root = types.isPromise(value) ? rootPrototypeOf(value) : undefined;
  if (root && then === Reflect.get(root, 'then')) trapEagerPromise(value, then, root, resolved, rejected);
  else trapForeignThenable(value, then, tap, resolved, rejected);
}

function rootPrototypeOf(promise: object): object | undefined {
  let prototype: object | null = Object.getPrototypeOf(promise);
  while (prototype && !isRootPrototype(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype ?? undefined;
}

/** Derives plain promises, so that nothing of a user's subclass runs on our behalf. */
class Marker extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
}

/**
 * A native promise settles whether or not anybody asks, so it is watched by a branch. The branch rejects as the promise
 * does and stands in for it while nobody handles it, which keeps a rejection that nobody handles unhandled, exactly once.
 * As soon as the caller attaches a handler of its own, the branch is silenced.
 */
function trapEagerPromise(
  value: Thenable,
  then: Thenable['then'],
  root: object,
  resolved: (value: unknown) => void,
  rejected: (error: unknown) => void,
): void {
  const hadConstructor = Reflect.getOwnPropertyDescriptor(value, 'constructor');
  // `then` makes the derived promise by `constructor`, and `await` skips a trapped `then` unless that is not `Promise`.
  if (!trap(value, 'constructor', Marker)) return;
  const branch = Reflect.apply(then, value, [
    resolved,
    (error: unknown) => {
      rejected(error);
      throw error;
    },
  ]) as Promise<unknown>;
  const usual = Reflect.get(Object.getPrototypeOf(value), 'constructor') === Reflect.get(root, 'constructor');
  if (hadConstructor) Reflect.defineProperty(value, 'constructor', hadConstructor);
  else if (!usual) Reflect.deleteProperty(value, 'constructor');

  let silenced = false;
  trap(value, 'then', function (this: Thenable, ...handlers: unknown[]): unknown {
    if (!silenced) {
      silenced = true;
      branch.catch(() => {});
    }
    return Reflect.apply(then, this, handlers);
  });
}

/** Methods of HTTP clients' promises that lead to the response by another way than `then`. */
const OTHER_WAYS = ['withResponse', 'asResponse'];

/**
 * A foreign thenable may be lazy and may run anew at each `then`: it is only watched when its caller calls it. It then runs
 * in the context of the call, but the caller's handlers run in the caller's own.
 */
function trapForeignThenable(
  value: Thenable,
  then: Thenable['then'],
  tap: Tap,
  resolved: (value: unknown) => void,
  rejected: (error: unknown) => void,
): void {
  // The methods may call one another; only the one that the caller called is watched.
  let inside = false;
  const outermost = (method: Thenable['then'], self: unknown, args: readonly unknown[]): unknown => {
    inside = true;
    try {
      return tap.run(method, self, args);
    } finally {
      inside = false;
    }
  };
  const watched = trap(value, 'then', function (this: Thenable, ...args: unknown[]): unknown {
    if (inside) return Reflect.apply(then, this, args);
    const [fulfil, reject] = args.map(inCallersContext);
    return outermost(then, this, [
      (result: unknown) => {
        resolved(result);
        return fulfil ? fulfil(result) : result;
      },
      (error: unknown) => {
        rejected(error);
        if (reject) return reject(error);
        throw error;
      },
    ]);
  });
  if (!watched) return tap.ok();

  // These need not go through the thenable's own `then`.
  for (const key of ['catch', 'finally', ...OTHER_WAYS]) {
    const method = methodOf(value, key);
    if (!method) continue;
    trap(value, key, function (this: unknown, ...args: unknown[]): unknown {
      if (inside) return Reflect.apply(method, this, args);
      const handler = inCallersContext(args[0]);
      const told = (error: unknown): unknown => {
        if (key === 'catch') rejected(error);
        return handler?.(error);
      };
      const derived: unknown = outermost(method, this, handler ? [told] : args);
      return types.isPromise(derived) ? follow(derived, resolved, rejected) : derived;
    });
  }
}
