import { settings } from '../settings.js';

/** Whether anybody waits for a result: for a promise, or for the next item of a stream. */
export interface Activity {
  waiting: number;
}

/** A call whose result is read later, and perhaps never. */
export interface Pending {
  readonly activity: Activity | undefined;
  /** When something last happened, on the clock of `performance.now()`. */
  readonly lastActivity: number;
  /** Ends the call as abandoned, at its last activity. */
  abandon(): void;
}

const SWEEP_INTERVAL = 30_000;
const pending = new Set<Pending>();
const registry = new FinalizationRegistry<Pending>((call) => call.abandon());
let sweeper: NodeJS.Timeout | undefined;

/**
 * Sees to it that a call ends even if nobody ever reads its result: when `lease` is garbage-collected, which is what holds
 * for as long as anybody can still read, or when nothing has happened for `settings().streamIdleTimeout` while nobody waits.
 */
export function watch(call: Pending, lease: object): void {
  pending.add(call);
  registry.register(lease, call, call);
  sweeper ??= setInterval(sweep, Math.min(SWEEP_INTERVAL, settings().streamIdleTimeout)).unref();
}

/** The call has ended. */
export function unwatch(call: Pending): void {
  registry.unregister(call);
  pending.delete(call);
  if (pending.size > 0) return;
  clearInterval(sweeper);
  sweeper = undefined;
}

function sweep(): void {
  const latest = performance.now() - settings().streamIdleTimeout;
  for (const call of pending) if (call.lastActivity < latest && !call.activity?.waiting) call.abandon();
}
