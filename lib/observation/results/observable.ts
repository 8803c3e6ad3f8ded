import { safely } from '../../safely.js';
import { inCallersContext, methodOf, type Tap, trap } from './tap.js';

interface Observer {
  next?: (value: unknown) => unknown;
  error?: (error: unknown) => unknown;
  complete?: () => unknown;
}
interface Subscription {
  add?: (teardown: () => void) => unknown;
  unsubscribe?: () => unknown;
}
type Subscribe = (this: unknown, observer?: unknown, ...rest: unknown[]) => Subscription;

/** An Observable in the manner of RxJS: it can be subscribed to, and composed or recognised as an Observable. */
export function isObservable(value: object): boolean {
  if (!methodOf(value, 'subscribe')) return false;
  return methodOf(value, 'pipe') !== undefined || methodOf(value, '@@observable') !== undefined;
}

/** Watches the first subscription. Its producer runs in the context of the call, the subscriber's callbacks in their own. */
export function trapObservable(observable: object, tap: Tap): void {
  const subscribe = methodOf(observable, 'subscribe') as Subscribe;
  let subscribed = false;
  const trapped = trap(observable, 'subscribe', function (this: unknown, observer?: unknown, ...rest: unknown[]) {
    if (subscribed) return Reflect.apply(subscribe, this, [observer, ...rest]);
    subscribed = true;
    const args = isSubscriber(observer)
      ? [watchSubscriber(observer, tap), ...rest]
      : [watchCallbacks(observer, rest, tap)];
    const subscription = tap.run(subscribe, this, args) as Subscription;
    safely('watching a subscription', () => onTeardown(subscription, () => tap.stop()));
    return subscription;
  });
  if (!trapped) tap.ok();
}

/** A subscriber that an operator made is part of a chain of teardowns and has to stay the same object. */
function isSubscriber(observer: unknown): observer is Observer & Subscription {
  if (typeof observer !== 'object' || observer === null) return false;
  return methodOf(observer, 'unsubscribe') !== undefined && methodOf(observer, 'add') !== undefined;
}

function watchSubscriber(subscriber: Observer & Subscription, tap: Tap): Observer {
  const { next, error, complete } = subscriber;
  const own = (method: ((...args: never[]) => unknown) | undefined) => inCallersContext(method?.bind(subscriber));
  const [ownNext, ownError, ownComplete] = [own(next), own(error), own(complete)];
  trap(subscriber, 'next', (value: unknown) => {
    tap.item(value);
    return ownNext?.(value);
  });
  trap(subscriber, 'error', (reason: unknown) => {
    tap.fail(reason);
    return ownError?.(reason);
  });
  trap(subscriber, 'complete', () => {
    tap.ok();
    return ownComplete?.();
  });
  return subscriber;
}

/** An error that no callback takes is thrown on, so that the library reports it as unhandled as it would have. */
function watchCallbacks(observer: unknown, rest: readonly unknown[], tap: Tap): Observer {
  const target = typeof observer === 'object' && observer !== null ? (observer as Observer) : undefined;
  const callbacks = target ? [target.next, target.error, target.complete] : [observer, ...rest];
  const [next, error, complete] = callbacks.map((callback) =>
    inCallersContext(typeof callback === 'function' ? callback.bind(target) : undefined),
  );
  return {
    next(value) {
      tap.item(value);
      next?.(value);
    },
    error(reason) {
      tap.fail(reason);
      if (!error) throw reason;
      error(reason);
    },
    complete() {
      tap.ok();
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
