import { methodOf, type Tap, trap } from './tap.js';
import { isPlainPromise } from './thenable.js';

/** A generator, an async generator, or anything else that hands out its own items: it has `next` and iterates itself. */
export function isIterator(value: object): boolean {
  return (
    methodOf(value, 'next') !== undefined &&
    (methodOf(value, Symbol.iterator) !== undefined || methodOf(value, Symbol.asyncIterator) !== undefined)
  );
}

export function isAsyncIterable(value: object): boolean {
  return methodOf(value, Symbol.asyncIterator) !== undefined;
}

/**
 * Watches an object that makes async iterators and may have methods of its own, such as a provider's `Stream`. The object
 * stays as it is, so its class, `controller` and `#private` fields keep working.
 */
export function trapAsyncIterable(value: object, tap: Tap): void {
  const iterate = methodOf(value, Symbol.asyncIterator);
  const trapped =
    iterate !== undefined &&
    trap(value, Symbol.asyncIterator, function (this: unknown, ...args: unknown[]): unknown {
      const iterator = tap.run(iterate, this, args) as object;
      trapAsyncIterator(iterator, tap);
      return iterator;
    });
  if (!trapped) return tap.ok();

  const tee = methodOf(value, 'tee');
  if (!tee) return;
  trap(value, 'tee', function (this: unknown, ...args: unknown[]): unknown {
    const branches: unknown = tap.run(tee, this, args);
    if (Array.isArray(branches)) trapBranches(branches, tap);
    return branches;
  });
}

/**
 * Both halves of a `tee` hand out the same items: each item is counted when the faster reader gets it, the first to reach
 * the end ends the call, and it is stopped when both have stopped.
 */
function trapBranches(branches: object[], tap: Tap): void {
  let items = 0;
  let reading = branches.length;
  for (const branch of branches) {
    let seen = 0;
    const share: Reader = {
      run: (method, self, args) => tap.run(method, self, args),
      item(chunk) {
        seen += 1;
        if (seen <= items) return;
        items = seen;
        tap.item(chunk);
      },
      ok: (value) => tap.ok(value),
      fail: (error) => tap.fail(error),
      stop() {
        reading -= 1;
        if (reading === 0) tap.stop();
      },
    };
    const iterate = methodOf(branch, Symbol.asyncIterator);
    if (!iterate) continue;
    trap(branch, Symbol.asyncIterator, function (this: unknown, ...args: unknown[]): unknown {
      const iterator = tap.run(iterate, this, args) as object;
      trapAsyncIterator(iterator, share);
      return iterator;
    });
  }
}

/** Who is told of the items: the tap, or one half of a `tee`. */
type Reader = Pick<Tap, 'run' | 'item' | 'ok' | 'fail' | 'stop'>;

const trappedIterators = new WeakSet<object>();

/** Watches `next`, `return` and `throw`; each runs in the context of the call, so a generator's body does too. */
export function trapIterator(iterator: object, reader: Reader): void {
  if (trappedIterators.has(iterator)) return;
  trappedIterators.add(iterator);
  const next = methodOf(iterator, 'next');
  if (!next) return;

  const advanced = (result: IteratorResult<unknown>): void => {
    if (result.done) reader.ok(result.value);
    else reader.item(result.value);
  };
  const returned = (result: IteratorResult<unknown>): void => {
    if (result.done) reader.stop();
    else reader.item(result.value);
  };
  const failed = (error: unknown): void => reader.fail(error);
  const watch = (key: 'next' | 'return' | 'throw', settled: (result: IteratorResult<unknown>) => void): void => {
    const method = methodOf(iterator, key);
    if (!method) return;
    const pass = (result: IteratorResult<unknown>): IteratorResult<unknown> => {
      settled(result);
      return result;
    };
    const rethrow = (error: unknown): never => {
      failed(error);
      throw error;
    };
    const trapped = trap(iterator, key, (...args: unknown[]): unknown => {
      let result: unknown;
      try {
        result = reader.run(method, iterator, args);
      } catch (error) {
        failed(error);
        throw error;
      }
      if (typeof result !== 'object' || result === null) return result;
      if (isPlainPromise(result)) return (result as Promise<IteratorResult<unknown>>).then(pass, rethrow);
      if (methodOf(result, 'then')) return Promise.resolve(result as IteratorResult<unknown>).then(pass, rethrow);
      return pass(result as IteratorResult<unknown>);
    });
    if (!trapped) reader.ok();
  };
  watch('next', advanced);
  watch('return', returned);
  watch('throw', advanced);
}

/** An iterator without `return` is not told of an early `break`; with one that only tells us, it works as before. */
export function trapAsyncIterator(iterator: object, reader: Reader): void {
  trapIterator(iterator, reader);
  if (methodOf(iterator, 'return')) return;
  trap(iterator, 'return', (value: unknown): Promise<IteratorResult<unknown>> => {
    reader.stop();
    return Promise.resolve({ done: true, value });
  });
}
