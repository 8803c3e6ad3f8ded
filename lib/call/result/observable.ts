import { context } from '../../otel.js';
import { safely } from '../../safely.js';
import type { CallInFlight } from '../call.js';
import type { InFlight } from '../operation.js';
import { inCallersContext, methodOf, type Tap, trap } from './tap.js';

interface Observer {
  next?: (value: unknown) => unknown;
  error?: (error: unknown) => unknown;
  complete?: () => unknown;
}
interface Subscription {
  readonly closed?: boolean;
  add?: (teardown: () => void) => unknown;
  unsubscribe?: () => unknown;
}
type Subscribe = (this: unknown, observer?: unknown, ...rest: unknown[]) => Subscription;

/** An Observable in the manner of RxJS: it can be subscribed to, and composed or recognised as an Observable. */
export function isObservable(value: object): boolean {
  if (!methodOf(value, 'subscribe')) return false;
  return methodOf(value, 'pipe') !== undefined || methodOf(value, '@@observable') !== undefined;
}

/**
 * Watches each subscription by itself: it runs the producer, or waits for what comes, anew. The first one is that of the call
 * which returned the observable; each further one is observed as the same call once more, made where it is subscribed to. The
 * producer runs in the context of its call, the subscriber's callbacks in their own.
 */
export function trapObservable(observable: object, tap: Tap): void {
  const subscribe = methodOf(observable, 'subscribe') as Subscribe;
  let next: () => readonly CallInFlight[] = () => [];
  const callsOfNext = (): readonly CallInFlight[] => {
    const waiting = tap.take();
    if (waiting.length > 0) {
      next = repeatsOf(waiting);
      return waiting;
    }
    const further = next();
    for (const call of further) tap.watch(call);
    return further;
  };
  const trapped = trap(observable, 'subscribe', function (this: unknown, observer?: unknown, ...rest: unknown[]) {
    const calls = safely('observing a subscription', callsOfNext, []);
    const [innermost] = calls;
    if (!innermost) return Reflect.apply(subscribe, this, [observer, ...rest]);
    const watch = new Watch(tap, calls);
    const args = isSubscriber(observer)
      ? [watchSubscriber(observer, watch), ...rest]
      : [watchCallbacks(observer, rest, watch)];
    let subscription: Subscription;
    try {
      subscription = context.with(innermost.context, subscribe, this, ...args) as Subscription;
    } catch (error) {
      watch.fail(error);
      throw error;
    }
    safely('watching a subscription', () => onTeardown(subscription, () => watch.stop()));
    return subscription;
  });
  if (!trapped) tap.ok();
}

/** Makes the same calls once more: each in the one that it was made in, the outermost where it is subscribed to. */
function repeatsOf(calls: readonly CallInFlight[]): () => readonly CallInFlight[] {
  const origins = calls.map(({ again, enclosing }) => ({ again, outer: outerOf(enclosing, calls) }));
  return () => {
    const made: (CallInFlight | undefined)[] = [];
    // A call that hands on what an inner one returned comes behind it.
    for (const [index, { again, outer }] of [...origins.entries()].reverse()) {
      made[index] = again?.(made[outer]?.context ?? context.active());
    }
    return made.filter((call) => call !== undefined);
  };
}

function outerOf(enclosing: InFlight | undefined, calls: readonly InFlight[]): number {
  for (let around = enclosing; around; around = around.enclosing) {
    if (calls.includes(around)) return calls.indexOf(around);
  }
  return -1;
}

/** One subscription. Its end is that of the calls that were waiting for it. */
class Watch {
  private isOpen = true;

  /** @param tap held, since the calls are abandoned when nobody holds it any more */
  constructor(
    readonly tap: Tap,
    private readonly calls: readonly CallInFlight[],
  ) {}

  item(value: unknown): void {
    if (this.isOpen) for (const call of this.calls) call.item(value);
  }

  ok(): void {
    this.end((call) => call.ok(undefined));
  }

  fail(error: unknown): void {
    this.end((call) => call.fail(error));
  }

  stop(): void {
    this.end((call) => call.stop());
  }

  private end(end: (call: CallInFlight) => void): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const call of this.calls) end(call);
  }
}

/** A subscriber that an operator made is part of a chain of teardowns and has to stay the same object. */
function isSubscriber(observer: unknown): observer is Observer & Subscription {
  if (typeof observer !== 'object' || observer === null) return false;
  return methodOf(observer, 'unsubscribe') !== undefined && methodOf(observer, 'add') !== undefined;
}

function watchSubscriber(subscriber: Observer & Subscription, watch: Watch): Observer {
  const { next, error, complete } = subscriber;
  const own = (method: ((...args: never[]) => unknown) | undefined) => inCallersContext(method?.bind(subscriber));
  const [ownNext, ownError, ownComplete] = [own(next), own(error), own(complete)];
  trap(subscriber, 'next', (value: unknown) => {
    watch.item(value);
    return ownNext?.(value);
  });
  trap(subscriber, 'error', (reason: unknown) => {
    watch.fail(reason);
    return ownError?.(reason);
  });
  trap(subscriber, 'complete', () => {
    // A source that cannot be stopped runs on to its end after its subscriber has left.
    if (subscriber.closed) watch.stop();
    else watch.ok();
    return ownComplete?.();
  });
  return subscriber;
}

/** An error that no callback takes is thrown on, so that the library reports it as unhandled as it would have. */
function watchCallbacks(observer: unknown, rest: readonly unknown[], watch: Watch): Observer {
  const target = typeof observer === 'object' && observer !== null ? (observer as Observer) : undefined;
  const callbacks = target ? [target.next, target.error, target.complete] : [observer, ...rest];
  const [next, error, complete] = callbacks.map((callback) =>
    inCallersContext(typeof callback === 'function' ? callback.bind(target) : undefined),
  );
  return {
    next(value) {
      watch.item(value);
      next?.(value);
    },
    error(reason) {
      watch.fail(reason);
      if (!error) throw reason;
      error(reason);
    },
    complete() {
      watch.ok();
      complete?.();
    },
  };
}

function onTeardown(subscription: Subscription, stop: () => void): void {
  if (subscription.add) {
    subscription.add(stop);
    return;
  }
  const { unsubscribe } = subscription;
  trap(subscription, 'unsubscribe', () => {
    stop();
    return unsubscribe?.call(subscription);
  });
}
