import { safely } from '../../safely.js';
import type { CallInFlight } from '../call.js';
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
 * Watches the first subscription after a call. Its producer runs in the context of the call, the subscriber's callbacks in
 * their own.
 */
export function trapObservable(observable: object, tap: Tap): void {
  const subscribe = methodOf(observable, 'subscribe') as Subscribe;
  let watched: Watch | undefined;
  const trapped = trap(observable, 'subscribe', function (this: unknown, observer?: unknown, ...rest: unknown[]) {
    if (!tap.isOpen || watched?.isOpen) return Reflect.apply(subscribe, this, [observer, ...rest]);
    const watch = new Watch(tap);
    watched = watch;
    const args = isSubscriber(observer)
      ? [watchSubscriber(observer, watch), ...rest]
      : [watchCallbacks(observer, rest, watch)];
    let subscription: Subscription;
    try {
      subscription = tap.run(subscribe, this, args) as Subscription;
    } catch (error) {
      watch.fail(error);
      throw error;
    }
    safely('watching a subscription', () => onTeardown(subscription, () => watch.stop()));
    return subscription;
  });
  if (!trapped) tap.ok();
}

/** One subscription. Its end is that of every call that waits for this observable; the next subscription is for later calls. */
class Watch {
  isOpen = true;

  constructor(private readonly tap: Tap) {}

  item(value: unknown): void {
    if (this.isOpen) this.tap.item(value);
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
    this.tap.settleForNow(end);
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
