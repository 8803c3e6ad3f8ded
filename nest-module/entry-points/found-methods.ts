import { types } from 'node:util';
import type { DiscoveryService } from '@nestjs/core';
import { withOptions } from '../../lib/call/options.js';
import { type AnyFunction, observe, observedAs, takeOnIdentity } from '../../lib/call/wrap.js';
import { safely } from '../../lib/safely.js';
import { calledMethod, FrameworkCall, type Observation, observeCall } from '../observation.js';
import { substitute } from './substitute.js';

/** A method of a provider or of a controller. */
export interface FoundMethod {
  /** The prototype that declares it. */
  readonly owner: object;
  /** The class of the instance, which may inherit it. */
  readonly ofClass: object;
  readonly key: string;
  readonly method: AnyFunction;
  /** `Class.method`. */
  readonly name: string;
}

/** What a method that a framework calls is recorded as. */
export interface EntryPoint extends Omit<Observation, 'method'> {
  /** Whether each call is a trace of its own, linked to what it was called in. */
  readonly root?: boolean;
}

/** Every method that instances of the app's classes have, each once. */
export function* foundMethods(discovery: DiscoveryService): Generator<FoundMethod> {
  const seen = new Set<object>([Object.prototype]);
  for (const { instance } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    if (typeof instance !== 'object' || instance === null || types.isProxy(instance)) continue;
    const ofClass = instance.constructor;
    if (typeof ofClass !== 'function') continue;
    for (let owner = Object.getPrototypeOf(instance); owner && !seen.has(owner); owner = Object.getPrototypeOf(owner)) {
      seen.add(owner);
      for (const key of Object.getOwnPropertyNames(owner)) {
        const method: unknown = Object.getOwnPropertyDescriptor(owner, key)?.value;
        if (key === 'constructor' || typeof method !== 'function') continue;
        yield { owner, ofClass, key, method: method as AnyFunction, name: `${owner.constructor?.name}.${key}` };
      }
    }
  }
}

/**
 * Records every call of a method. One with a decorator of annotel is recorded as that says, with the parent, the link and the kind of
 * the entry point.
 */
export function observeMethod(found: FoundMethod, { root, ...entry }: EntryPoint): void {
  const { owner, key, method, name } = found;
  const known = observedAs(method);
  if (known && !root && entry.kind === undefined) return;
  substitute(owner, key, () => {
    if (known) {
      const operation = withOptions(known.operation, { root, kind: entry.kind });
      return observe(method, operation, () => ({ method: name, calledAs: name }), known.original);
    }
    const { operation } = calledMethod({ method: name, ...entry });
    return observed(method, { method: name, operation: withOptions(operation, { root }) });
  });
}

/** Nobody is answered by what it throws, and so it is a failure in any case. */
class UnansweredCall extends FrameworkCall {
  override fail(error: unknown): void {
    this.failAt(error, performance.now());
  }
}

/** As `observe`, for what a framework calls: its arguments are no content, and are not looked at. */
export function observed(method: AnyFunction, what: ReturnType<typeof calledMethod>): AnyFunction {
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      return observeCall(what, () => Reflect.apply(method, this, args), UnansweredCall);
    },
  };
  safely('taking on the identity of a method', () => takeOnIdentity(wrapper, method));
  return wrapper;
}
