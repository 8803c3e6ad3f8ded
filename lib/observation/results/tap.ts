import { context } from '@opentelemetry/api';
import type { Observation } from '../observation.js';

// biome-ignore lint/suspicious/noExplicitAny: the methods of results are called with whatever the caller passes
type Method = (...args: any[]) => any;

const taps = new WeakMap<object, Tap>();
/** A method that returns one long-lived object again and again must not make it carry ever more observations. */
const MOST_OBSERVATIONS = 16;

/**
 * What stands between a result that is read later and the calls that returned it. One per result, however many decorated
 * methods handed it on. The traps in the result hold the tap; once none of them can be reached any more, nobody can read
 * the result, and the registry of `abandoned.ts` ends what is still open.
 */
export class Tap {
  private observations: Observation[] = [];

  /**
   * Attaches an observation to a result. Returns the tap if its traps are still to be set, `undefined` if an earlier call
   * has set them.
   */
  static attach(result: object, observation: Observation): Tap | undefined {
    const existing = taps.get(result);
    const tap = existing ?? new Tap();
    if (!existing) taps.set(result, tap);
    if (tap.observations.length >= MOST_OBSERVATIONS) tap.observations.shift()?.abandon();
    tap.observations.push(observation);
    observation.pendingOn(tap);
    return existing ? undefined : tap;
  }

  /** Runs a method of the result in the context of the innermost call that returned it. */
  run(method: Method, self: unknown, args: readonly unknown[]): unknown {
    const innermost = this.observations[0];
    return innermost ? context.with(innermost.context, method, self, ...args) : Reflect.apply(method, self, args);
  }

  item(chunk: unknown): void {
    for (const observation of this.observations) observation.item(chunk);
  }

  ok(value?: unknown): void {
    for (const observation of this.release()) observation.ok(value);
  }

  fail(error: unknown): void {
    for (const observation of this.release()) observation.fail(error);
  }

  stop(): void {
    for (const observation of this.release()) observation.stop();
  }

  /** Lets go of the observations, for whoever settles them otherwise. */
  release(): Observation[] {
    const released = this.observations;
    this.observations = [];
    return released;
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
