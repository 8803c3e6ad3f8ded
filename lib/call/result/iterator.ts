import { types } from 'node:util';
import { Step } from './step.js';
import { methodOf, type Tap, trap } from './tap.js';
import { isPlainPromise, isThenable } from './thenable.js';

/** Who gets the items: the tap, or one half of a `tee`. */
export type Reader = Pick<Tap, 'run' | 'innermost' | 'awaited' | 'item' | 'ok' | 'fail' | 'stop'>;

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

/** Watches something that is its own iterator, or that has a `next` and makes iterators besides, as database cursors do. */
export function trapSelfIterator(value: object, tap: Tap): void {
  if (!trapIterator(value, tap)) return tap.ok();
  for (const key of [Symbol.asyncIterator, Symbol.iterator]) trapIterate(value, key, tap);
}

/**
 * Watches an object that makes async iterators and may have methods of its own, such as a provider's `Stream`. The object
 * stays as it is, so its class, `controller` and `#private` fields keep working.
 */
export function trapAsyncIterable(value: object, tap: Tap): void {
  const reader = withAbort(value, tap);
  if (!trapIterate(value, Symbol.asyncIterator, reader)) return tap.ok();
  const tee = methodOf(value, 'tee');
  if (!tee) return;
  trap(value, 'tee', function (this: unknown, ...args: unknown[]): unknown {
    const branches: unknown = tap.run(tee, this, args);
    if (Array.isArray(branches)) trapBranches(branches, reader);
    return branches;
  });
}

/** A stream whose `controller` was aborted ends as if it were complete; it was stopped. */
function withAbort(stream: object, tap: Tap): Reader {
  const { controller } = stream as { controller?: Partial<AbortController> };
  return { ...readerOf(tap), ok: (value) => (controller?.signal?.aborted ? tap.stop() : tap.ok(value)) };
}

/** The tap as a plain object, for readers that differ from it in a method or two. */
export function readerOf(tap: Tap): Reader {
  return {
    run: (method, self, args) => tap.run(method, self, args),
    innermost: () => tap.innermost(),
    awaited: (by) => tap.awaited(by),
    item: (chunk) => tap.item(chunk),
    ok: (value) => tap.ok(value),
    fail: (error) => tap.fail(error),
    stop: () => tap.stop(),
  };
}

/**
 * Both halves of a `tee` hand out the same items: each item is counted when the faster reader gets it, the first to reach
 * the end ends the call, and it is stopped when both have stopped.
 */
function trapBranches(branches: object[], reader: Reader): void {
  let items = 0;
  let reading = branches.length;
  for (const branch of branches) {
    let seen = 0;
    trapIterate(branch, Symbol.asyncIterator, {
      ...reader,
      item(chunk) {
        seen += 1;
        if (seen <= items) return;
        items = seen;
        reader.item(chunk);
      },
      stop() {
        reading -= 1;
        if (reading === 0) reader.stop();
      },
    });
  }
}

/** Watches the iterators that an object makes. Returns false where it does not let itself be watched. */
export function trapIterate(value: object, key: PropertyKey, reader: Reader): boolean {
  const iterate = methodOf(value, key);
  if (!iterate) return false;
  return trap(value, key, function (this: unknown, ...args: unknown[]): unknown {
    const iterator = reader.run(iterate, this, args) as object;
    if (iterator !== value) {
      trapIterator(iterator, reader);
      if (key === Symbol.asyncIterator && !methodOf(iterator, 'return')) addReturn(iterator, reader);
    }
    return iterator;
  });
}

/** An iterator without `return` does not learn of an early `break`; with one that only reports it here, it works as before. */
function addReturn(iterator: object, reader: Reader): void {
  trap(iterator, 'return', (value: unknown): Promise<IteratorResult<unknown>> => {
    reader.stop();
    return Promise.resolve({ done: true, value });
  });
}

/** Who watches an iterator already: two calls may return the same one, and each gets its items. */
const readersOf = new WeakMap<object, WeakSet<Reader>>();

/**
 * Watches `next`, `return` and `throw`; each runs in the context of the call, so a generator's body does too. Returns false
 * where the iterator does not let itself be watched.
 */
export function trapIterator(iterator: object, reader: Reader): boolean {
  const readers = readersOf.get(iterator) ?? new WeakSet();
  if (readers.has(reader)) return true;
  readersOf.set(iterator, readers.add(reader));

  const advanced = ({ done, value }: IteratorResult<unknown>): void => (done ? reader.ok(value) : reader.item(value));
  const returned = ({ done, value }: IteratorResult<unknown>): void => (done ? reader.stop() : reader.item(value));
  const trapped = trapStep(iterator, 'next', reader, advanced);
  trapStep(iterator, 'return', reader, returned);
  trapStep(iterator, 'throw', reader, advanced);
  return trapped;
}

function trapStep(
  iterator: object,
  key: 'next' | 'return' | 'throw',
  reader: Reader,
  settled: (result: IteratorResult<unknown>) => void,
): boolean {
  const method = methodOf(iterator, key);
  if (!method) return false;
  const step = new Step(method, iterator, reader);
  const report = (result: unknown): void => {
    // The `next` of a database cursor hands out a row, or nothing, where that of an iterator hands out a result.
    if (isIteratorResult(result)) settled(result);
  };
  // One pair for all steps: a stream has thousands of them.
  const resolved = (result: unknown): unknown => {
    reader.awaited(-1);
    report(result);
    return result;
  };
  const rejected = (error: unknown): never => {
    reader.awaited(-1);
    reader.fail(error);
    throw error;
  };
  const awaited = (promise: Promise<unknown>): Promise<unknown> => {
    reader.awaited(1);
    return promise.then(resolved, rejected);
  };
  // What an async generator hands out needs no second look: promises that nobody else holds.
  if (isOwnStep(iterator, key)) return trap(iterator, key, (value: unknown) => awaited(step.takeOwn(value)));
  return trap(iterator, key, (...args: unknown[]): unknown => {
    let result: unknown;
    try {
      result = step.take(args);
    } catch (error) {
      reader.fail(error);
      throw error;
    }
    if (typeof result !== 'object' || result === null) return result;
    if (isPlainPromise(result)) return awaited(result);
    if (isThenable(result)) return awaited(Promise.resolve(result));
    report(result);
    return result;
  });
}

/** Whether a step is the language's own, of an async generator. */
function isOwnStep(iterator: object, key: string): boolean {
  return types.isGeneratorObject(iterator) && Symbol.asyncIterator in iterator && !Object.hasOwn(iterator, key);
}

function isIteratorResult(result: unknown): result is IteratorResult<unknown> {
  return typeof result === 'object' && result !== null && ('done' in result || 'value' in result);
}
