import type { Attributes } from '@opentelemetry/api';
import { OPERATION_TRACED } from '../call/names.js';
import type { Operation } from '../call/operation.js';
import { type AnyFunction, observe, observedAs } from '../call/wrap.js';
import { warnOnce } from '../safely.js';
import { noticingMinified } from './minified-names.js';
import { describeTarget, wrongPlace } from './misuse.js';
import { spanAttributesOf } from './span-attribute.js';
/**
 * A function whose first parameters go with `A`, and which returns `V`, at once or later. Written as a method, since methods
 * compare their parameters both ways: a callback may ask for less of an argument than the decorated method does.
 */
export type Decoratable<A extends unknown[], V> = {
  // biome-ignore lint/suspicious/noExplicitAny: further parameters are the method's own affair
  method(...args: [...A, ...any[]]): V | PromiseLike<V>;
}['method'];

/** One symbol for the three ways to decorate: standard method, legacy method, plain function. */
export interface MethodDecorator<A extends unknown[], V> {
  <This, F extends Decoratable<A, V>>(method: F, context: ClassMethodDecoratorContext<This, F>): F;
  <F extends Decoratable<A, V>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>;
  /** `context` is never passed; its type keeps standard accessors out. */
  <F extends Decoratable<A, V>>(method: F, context?: undefined): F;
}

type Class = abstract new (...args: never[]) => unknown;

/** As {@link MethodDecorator}, and for classes in both modes. */
export interface MethodOrClassDecorator<A extends unknown[], V> extends MethodDecorator<A, V> {
  <C extends Class>(target: C, context: ClassDecoratorContext<C>): void;
  <C extends Class>(target: C): void;
}

/** A method as its decorator found it. */
export interface Site {
  readonly method: AnyFunction;
  /** `Class.method`, or the name of a plain function. Asked at calls, since a class may not have its name yet. */
  readonly nameOf: (self: unknown) => string;
  /** Prototype (or class, for static members) and key, in legacy mode and on classes. */
  readonly member?: { readonly target: object; readonly key: string | symbol };
}

/** Returns what takes the method's place. */
type Apply = (site: Site) => AnyFunction;

/**
 * A decorator's arguments: `(target, key, descriptor)` of legacy mode (on a parameter its index in place of the descriptor),
 * `(value, context)` of the standard, or a function.
 */
type Arguments = readonly [target: unknown, keyOrContext?: unknown, descriptor?: PropertyDescriptor | number];

/**
 * Makes a decorator of `apply`. This is the only place that knows decorator syntax.
 *
 * @param decorator its name, for messages
 * @param onClass whether it may stand on a class: then it applies to every own method of its prototype that `onClass` lets
 *   through; accessors and symbol-named members are left alone
 * @throws TypeError (from the decorator) where it stands on anything else
 */
export function methodDecorator(
  decorator: string,
  apply: Apply,
  onClass?: (method: AnyFunction) => boolean,
): AnyFunction {
  const decorateClass = (target: AnyFunction): void => {
    if (!onClass) throw wrongPlace(decorator, `class ${describeTarget(target)}`, 'a class');
    const prototype: object = target.prototype;
    for (const key of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
      if (key === 'constructor' || typeof descriptor?.value !== 'function' || !onClass(descriptor.value)) continue;
      Object.defineProperty(prototype, key, applyToMember(apply, prototype, key, descriptor));
    }
  };

  return (...args: unknown[]): unknown => {
    const [target, keyOrContext, descriptor] = args as unknown as Arguments;
    if (isStandardContext(keyOrContext)) {
      const { kind, name } = keyOrContext;
      if (kind === 'class') return decorateClass(target as AnyFunction);
      if (kind !== 'method') {
        throw wrongPlace(decorator, `'${String(name)}'`, kind === 'accessor' ? 'an accessor' : `a ${kind}`);
      }
      return applyToStandardMethod(apply, target as AnyFunction, name);
    }
    if (typeof descriptor === 'number') {
      const owner = describeTarget(target as object);
      const where = keyOrContext === undefined ? `the constructor of ${owner}` : `${owner}.${String(keyOrContext)}`;
      throw wrongPlace(decorator, where, 'a parameter');
    }
    if (typeof keyOrContext === 'string' || typeof keyOrContext === 'symbol') {
      const where = `${describeTarget(target as object)}.${String(keyOrContext)}`;
      if (typeof descriptor !== 'object') throw wrongPlace(decorator, where, 'a property');
      if (typeof descriptor.value !== 'function') throw wrongPlace(decorator, where, 'an accessor');
      return applyToMember(apply, target as object, keyOrContext, descriptor);
    }
    if (typeof target !== 'function') throw wrongPlace(decorator, String(target), `a value of type ${typeof target}`);
    if (isClass(target as AnyFunction)) return decorateClass(target as AnyFunction);
    const method = target as AnyFunction;
    const name = method.name || '(anonymous)';
    return apply({ method, nameOf: () => name });
  };
}

function applyToMember(
  apply: Apply,
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
): PropertyDescriptor {
  let name: string | undefined;
  const nameOf = (): string => (name ??= `${describeTarget(target)}.${String(key)}`);
  return { ...descriptor, value: apply({ method: descriptor.value, nameOf, member: { target, key } }) };
}

/** A standard decorator does not get its class: the first call finds it, as the one that owns the decorated method. */
function applyToStandardMethod(apply: Apply, method: AnyFunction, key: string | symbol): AnyFunction {
  let name: string | undefined;
  const nameOf = (self: unknown): string => {
    if (name !== undefined) return name;
    if (self === null || (typeof self !== 'object' && typeof self !== 'function')) return String(key);
    const owner = ownerOf(self, key, replacement);
    // A private method, or one that a further decorator has wrapped, is not found by its key: the caller's class it is then.
    if (owner === undefined) return `${describeTarget(self)}.${String(key)}`;
    name = `${describeTarget(owner)}.${String(key)}`;
    return name;
  };
  const replacement = apply({ method, nameOf });
  return replacement;
}

function ownerOf(self: object, key: string | symbol, method: AnyFunction): object | undefined {
  for (let holder: object | null = self; holder; holder = Object.getPrototypeOf(holder)) {
    if (Object.getOwnPropertyDescriptor(holder, key)?.value === method) return holder;
  }
  return undefined;
}

function isStandardContext(value: unknown): value is { kind: string; name: string | symbol } {
  return typeof value === 'object' && value !== null && 'kind' in value && 'name' in value;
}

function isClass(target: AnyFunction): boolean {
  return Object.getOwnPropertyDescriptor(target, 'prototype')?.writable === false;
}

/**
 * Observes a decorated method, once however often it is decorated. Where two kinds meet on one method, the more telling one
 * wins over `@Traced()`; otherwise the one nearest to the method stays.
 */
export function observeSite(decorator: string, site: Site, operation: Operation): AnyFunction {
  const { member, nameOf } = site;
  const existing = observedAs(site.method);
  if (existing && existing.operation.type !== OPERATION_TRACED) {
    if (existing.operation.type !== operation.type && operation.type !== OPERATION_TRACED) {
      warnOnce(`@${decorator}() is ignored on a method that is observed as '${existing.operation.type}' already`);
    }
    return site.method;
  }
  if (existing && operation.type === OPERATION_TRACED) return site.method;

  const { label } = operation;
  const argumentsOf = member && spanAttributesOf(member.target, member.key);
  return observe(
    site.method,
    argumentsOf ? withArguments(operation, argumentsOf) : operation,
    site.method.name === '' && label !== undefined ? () => label : noticingMinified(nameOf, site.method),
    existing?.original,
  );
}

function withArguments(operation: Operation, read: (args: readonly unknown[]) => Attributes): Operation {
  return { ...operation, onStart: (call) => Object.assign(operation.onStart(call), read(call.args)) };
}
