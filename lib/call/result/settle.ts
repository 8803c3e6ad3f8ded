import { safely } from '../../safely.js';
import type { CallInFlight } from '../call.js';
import { isEventStream, trapEventStream } from './event-stream.js';
import { isAsyncIterable, isIterator, trapAsyncIterable, trapSelfIterator } from './iterator.js';
import { isNodeReadable, trapNodeReadable } from './node-readable.js';
import { isObservable, trapObservable } from './observable.js';
import { isReadableStream, trapReadableStream } from './readable-stream.js';
import { isResponse, trapResponse } from './response.js';
import { isStreamHost, trapStreamHost } from './stream-host.js';
import { Tap } from './tap.js';
import { isThenable, type Thenable, trapThenable } from './thenable.js';

/**
 * Finds the true end of what a method returned, and sees to it that the call learns of it. Returns what the caller
 * gets: the same object, but for a fresh promise, which is replaced by one that cannot be distinguished from it.
 *
 * @param fresh whether the value is the promise of an async function, which nobody but the caller can hold
 */
export function settle(value: unknown, call: CallInFlight, fresh: boolean): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    call.ok(value);
    return value;
  }
  const settled = safely('following a result', () => settleObject(value, call, fresh), UNSETTLED);
  if (settled !== UNSETTLED) return settled;
  call.ok(undefined);
  return value;
}

/** Stands for a result that could not even be looked at, such as a Proxy whose traps throw. */
const UNSETTLED = Symbol('unsettled');

function settleObject(value: object, call: CallInFlight, fresh: boolean): unknown {
  if (fresh) {
    return (value as Promise<unknown>).then(
      (result) => settle(result, call, false),
      (error) => {
        call.fail(error);
        throw error;
      },
    );
  }
  if (isStreamHost(value)) {
    // Before anything else looks at it: to ask such a result for a member may start it.
    const tap = Tap.attach(value, call);
    if (tap) trapStreamHost(value, tap);
    return value;
  }
  const payload = call.operation.payload?.(value);
  const result = typeof payload === 'object' && payload !== null ? payload : value;
  if (!watchLater(result, call)) call.ok(value);
  return value;
}

/** The members by which results that are read later are recognised. */
interface Telling {
  readonly then?: unknown;
  readonly json?: unknown;
  readonly getReader?: unknown;
  readonly read?: unknown;
  readonly subscribe?: unknown;
  readonly next?: unknown;
  readonly [Symbol.asyncIterator]?: unknown;
}

/** Watches a result that is read later. Returns false for a value that is complete. */
function watchLater(value: object, call: CallInFlight): boolean {
  const { then, json, getReader, read, subscribe, next, [Symbol.asyncIterator]: iterate } = value as Telling;
  // Nearly every answer is a plain object with none of these.
  if (!(then ?? json ?? getReader ?? read ?? subscribe ?? next ?? iterate)) return false;

  const watch = <T extends object>(result: T, by: (result: T, tap: Tap) => void): true => {
    const tap = Tap.attach(result, call);
    if (tap) by(result, tap);
    return true;
  };
  if (isThenable(value)) return watch(value, watchThenable);
  if (isEventStream(value)) return watch(value, trapEventStream);
  if (isResponse(value)) return watch(value, trapResponse);
  if (isReadableStream(value)) return watch(value, trapReadableStream);
  if (isNodeReadable(value)) return watch(value, trapNodeReadable);
  if (isObservable(value)) {
    call.canRepeat();
    return watch(value, trapObservable);
  }
  if (isIterator(value)) return watch(value, trapSelfIterator);
  if (isAsyncIterable(value)) return watch(value, trapAsyncIterable);
  return false;
}

/** What the thenable resolved to may be a stream, which then decides when each of its calls ends. */
function watchThenable(value: Thenable, tap: Tap): void {
  trapThenable(value, tap, (result) => (call) => settle(result, call, false));
}
