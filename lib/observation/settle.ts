import { safely } from '../safely.js';
import type { Observation } from './observation.js';
import { isAsyncIterable, isIterator, trapAsyncIterable, trapIterator } from './results/iterator.js';
import { isNodeReadable, trapNodeReadable } from './results/node-readable.js';
import { isObservable, trapObservable } from './results/observable.js';
import { isReadableStream, trapReadableStream } from './results/readable-stream.js';
import { isResponse, trapResponse } from './results/response.js';
import { Tap } from './results/tap.js';
import { follow, isPlainPromise, isThenable, trapThenable } from './results/thenable.js';

/**
 * Finds the true end of what a method returned, and sees to it that the observation learns of it. Returns what the caller
 * gets: the same object, but for a plain promise, which is replaced by one that nobody can tell from it.
 */
export function settle(value: unknown, observation: Observation): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    observation.ok(value);
    return value;
  }
  const settled = safely('following a result', () => settleObject(value, observation), UNSETTLED);
  if (settled !== UNSETTLED) return settled;
  observation.ok(undefined);
  return value;
}

/** Stands for a result that could not even be looked at, such as a Proxy whose traps throw. */
const UNSETTLED = Symbol('unsettled');

function settleObject(value: object, observation: Observation): unknown {
  if (isPlainPromise(value)) {
    return follow(
      value,
      (result) => settle(result, observation),
      (error) => observation.fail(error),
    );
  }
  const payload = observation.operation.payload?.(value);
  const result = typeof payload === 'object' && payload !== null ? payload : value;
  const watch = watcherOf(result);
  if (!watch) {
    observation.ok(result);
    return value;
  }
  const tap = Tap.attach(result, observation);
  if (tap) watch(result, tap);
  return value;
}

type Watcher = (value: never, tap: Tap) => void;

/** How a result that is read later is watched; `undefined` for a value that is complete. */
function watcherOf(value: object): ((value: object, tap: Tap) => void) | undefined {
  return watcherByShape(value) as ((value: object, tap: Tap) => void) | undefined;
}

function watcherByShape(value: object): Watcher | undefined {
  if (isThenable(value)) return watchThenable;
  if (isResponse(value)) return trapResponse;
  if (isReadableStream(value)) return trapReadableStream;
  if (isNodeReadable(value)) return trapNodeReadable;
  if (isObservable(value)) return trapObservable;
  if (isIterator(value)) return trapIterator;
  if (isAsyncIterable(value)) return trapAsyncIterable;
  return undefined;
}

/** What the thenable resolved to may be a stream, which then decides when each of its calls ends. */
function watchThenable(value: Parameters<typeof trapThenable>[0], tap: Tap): void {
  trapThenable(value, tap, (result) => {
    for (const observation of tap.release()) settle(result, observation);
  });
}
