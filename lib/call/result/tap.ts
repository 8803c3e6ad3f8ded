import type { Context } from '@opentelemetry/api';
import { context } from '../../otel.js';
import type { Activity } from '../abandoned.js';
import type { CallInFlight } from '../call.js';

// biome-ignore lint/suspicious/noExplicitAny: the methods of results are called with whatever the caller passes
type Method = (...args: any[]) => any;

const taps = new WeakMap<object, Tap>();
/** A method that returns one long-lived object again and again must not make it carry ever more calls. */
const MOST_OBSERVATIONS = 16;

/**
 * What stands between a result that is read later and the calls that returned it. One per result, however many decorated
 * methods handed it on. The traps in the result hold the tap; once none of them can be reached any more, nobody can read
 * the result, and the registry of `abandoned.ts` ends what is still open.
 */
export class Tap {
  private calls: CallInFlight[] = [];
  private readonly activity: Activity = { waiting: 0 };
  /** How a result that can be read only once came to its end. */
  private ended: ((call: CallInFlight) => void) | undefined;

  /**
   * Attaches a call to a result. Returns the tap if its traps are still to be set, `undefined` if an earlier call
   * has set them. A call that returns a result which has ended already ends as it did.
   */
  static attach(result: object, call: CallInFlight): Tap | undefined {
    const existing = taps.get(result);
    const tap = existing ?? new Tap();
    if (!existing) taps.set(result, tap);
    if (tap.ended) {
      tap.ended(call);
      return undefined;
    }
    if (tap.calls.length >= MOST_OBSERVATIONS) tap.calls.shift()?.abandon();
    tap.calls.push(call);
    tap.watch(call);
    return existing ? undefined : tap;
  }

  get isOpen(): boolean {
    return this.calls.length > 0;
  }

  /** Runs a method of the result in the context of the innermost call that returned it. */
  run(method: Method, self: unknown, args: readonly unknown[]): unknown {
    const innermost = this.calls[0];
    return innermost ? context.with(innermost.context, method, self, ...args) : Reflect.apply(method, self, args);
  }

  /** The context of the innermost call that returned the result, while that is open. */
  innermost(): Context | undefined {
    return this.calls[0]?.context;
  }

  /** So many more, or fewer, wait for the result. While anybody does, it is not idle. */
  awaited(by: 1 | -1): void {
    this.activity.waiting += by;
  }

  /** Somebody waits for the result from now on; returns what ends the wait. */
  wait(): () => void {
    this.activity.waiting += 1;
    return () => {
      this.activity.waiting -= 1;
    };
  }

  item(chunk: unknown): void {
    const { calls } = this;
    for (let index = 0; index < calls.length; index++) calls[index]?.item(chunk);
  }

  /** The calls so far, for whoever reads the result for them; those that come later wait for a reader of their own. */
  take(): readonly CallInFlight[] {
    const taken = this.calls;
    this.calls = [];
    return taken;
  }

  /** A further call reads the result, for as long as anybody can. */
  watch(call: CallInFlight): void {
    call.pendingOn(this, this.activity);
  }

  ok(value?: unknown): void {
    this.settle((call) => call.ok(value));
  }

  fail(error: unknown): void {
    this.settle((call) => call.fail(error));
  }

  stop(): void {
    this.settle((call) => call.stop());
  }

  /** Ends the calls so far, and lets those that come later wait for an end of their own. */
  settleForNow(end: (call: CallInFlight) => void): void {
    for (const call of this.take()) end(call);
  }

  /** Ends the calls so far and, in the same way, every call that returns this result again. */
  settle(end: (call: CallInFlight) => void): void {
    this.ended ??= end;
    this.settleForNow(end);
  }
}

/**
 * Replaces a member of a result in place, on this one object. Returns false where the object does not allow it (frozen, or
 * the member is fixed).
 */
export function trap(target: object, key: PropertyKey, value: unknown): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, key);
  return Reflect.defineProperty(target, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
}

/** A method of an object of unknown shape, `undefined` where it has none of that name. */
export function methodOf(target: object, key: PropertyKey): Method | undefined {
  const member = (target as Record<PropertyKey, unknown>)[key];
  return typeof member === 'function' ? (member as Method) : undefined;
}

/** A callback of the caller's, to be run in the context that the caller is in now. `undefined` for anything else. */
export function inCallersContext(callback: unknown): Method | undefined {
  if (typeof callback !== 'function') return undefined;
  const caller = context.active();
  return (...args) => context.with(caller, callback as Method, undefined, ...args);
}
