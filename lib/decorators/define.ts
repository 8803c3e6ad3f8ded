import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import { OPERATION_TRACED } from '../call/names.js';
import type { CallNames, Operation } from '../call/operation.js';
import type { OptionNames } from '../call/options.js';
import { type AnyFunction, observe, observedAs } from '../call/wrap.js';
import { warnOnce } from '../safely.js';
import { classNameOf, describeTarget, holderOf } from './class-names.js';
import { noticingMinified } from './minified-names.js';
import { checkOptions, type WrittenOptions, wrongPlace } from './misuse.js';
import { spanAttributesOf } from './span-attribute.js';

/**
 * A function whose first parameters go with `A`, and which returns `V`, at once or later. Written as a method, since methods
 * compare their parameters both ways: a callback may ask for less of an argument than the decorated method does.
 */
export type Decoratable<A extends unknown[], V> = {
  // biome-ignore lint/suspicious/noExplicitAny: further parameters are the method's own affair
  method(...args: [...A, ...any[]]): V | PromiseLike<V>;
}['method'];

/**
 * What a decorator returns where it does not fit: the compiler then says in one line that it expected something else than a
 * `Misuse<"why">`.
 */
export interface Misuse<Why extends string, Of = unknown> {
  readonly why: Why;
  readonly of: Of;
}

type Misfit<F, A extends unknown[], V> = F extends AnyFunction
  ? // biome-ignore lint/suspicious/noExplicitAny: whatever it returns
    F extends Decoratable<A, any>
    ? Misuse<'a callback of the options takes another result than that of this method', V>
    : Misuse<'a callback of the options takes other parameters than this method', A>
  : Misuse<'it goes on a method, not on an accessor'>;

/** What is wrong where neither of the first two signatures of {@link OnMethods} fits. */
type MisuseAt<Target, Context, Descriptor, A extends unknown[], V> = Context extends { kind: infer Kind extends string }
  ? Kind extends 'method'
    ? Misfit<Target, A, V>
    : Misuse<`it goes on a method, not on a ${Kind}`>
  : Descriptor extends TypedPropertyDescriptor<infer F>
    ? Misfit<F, A, V>
    : Misuse<'it goes on a method, not on a property'>;

/**
 * Standard and legacy method. Whatever else the decorator stands on, the last signature takes: where none fits, the compiler
 * explains each of them.
 */
interface OnMethods<A extends unknown[], V> {
  <This, F extends Decoratable<A, V>>(method: F, context: ClassMethodDecoratorContext<This, F>): F;
  <F extends Decoratable<A, V>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>;
  <Target, Context, Descriptor>(
    target: Target,
    context: Context,
    descriptor?: Descriptor,
  ): MisuseAt<Target, Context, Descriptor, A, V>;
}

/** One symbol for the three ways to decorate: standard method, legacy method, plain function. */
export interface MethodDecorator<A extends unknown[], V> extends OnMethods<A, V> {
  /** `context` is never passed; its type keeps standard accessors out. */
  <F extends Decoratable<A, V>>(method: F, context?: undefined): F;
}

/** Whatever its constructor: a private one is part of no type. */
interface Class {
  readonly prototype: object;
}

/** As {@link MethodDecorator}, where the callbacks have no annotations or there are none: every method fits. */
// biome-ignore lint/suspicious/noExplicitAny: every method fits
export interface AnyMethodDecorator extends OnMethods<any[], any> {
  <F extends AnyFunction>(method: F, context?: undefined): F;
  <C extends Class>(target: C, context?: undefined): Misuse<'it goes on a method, not on a class'>;
}

/** As {@link AnyMethodDecorator}, and for classes in both modes. */
export interface MethodOrClassDecorator<A extends unknown[], V> extends OnMethods<A, V> {
  <C extends Class>(target: C, context: Pick<ClassDecoratorContext, 'kind'>): C;
  <T extends Decoratable<A, V> | Class>(target: T, context?: undefined): T;
}

/** What a decorator is whose options have callbacks for parameters `A` and a result `V`. */
export type DecoratorFor<A extends unknown[], V, ForAny = AnyMethodDecorator> = unknown[] extends A
  ? unknown extends V
    ? ForAny
    : MethodDecorator<A, V>
  : MethodDecorator<A, V>;

/** A method as its decorator found it. */
export interface Site {
  readonly method: AnyFunction;
  /** How a call is named, by its `this`. Asked at calls, since a class may not have its name yet. */
  readonly namesOf: (self: unknown) => CallNames;
  /** Prototype (or class, for static members) and key, in legacy mode and on classes. */
  readonly member?: { readonly target: object; readonly key: string | symbol };
}

/** A decorator as it was written, and where it may stand on a class, what it does there. */
interface Written extends WrittenOptions {
  readonly onClass?: ClassUse;
}

/** Returns what takes a method's place. */
type Apply = (site: Site) => AnyFunction;

/** What a decorator does on a class. */
interface ClassUse {
  /** The options that it takes there besides. */
  readonly known: OptionNames<object>;
  readonly isStatic: boolean;
  readonly isInherited: boolean;
  /** Whether it applies to a method of the class. */
  takes(method: AnyFunction): boolean;
}

/**
 * A decorator's arguments: `(target, key, descriptor)` of legacy mode (on a parameter its index in place of the descriptor),
 * `(value, context)` of the standard, or a function.
 */
type Arguments = readonly [target: unknown, keyOrContext?: unknown, descriptor?: PropertyDescriptor | number];

/** Makes a decorator that observes each call of a method as `operation`. */
export function observingDecorator(written: Written, operation: Operation): AnyFunction {
  return methodDecorator(written, (site) => observeSite(written.decorator, site, operation));
}

/**
 * Makes a decorator of `apply`. This is the only place that knows decorator syntax.
 *
 * @throws TypeError (from the decorator) where it stands on what it cannot observe, or is written with options that it does not
 *   have
 */
export function methodDecorator(written: Written, apply: Apply): AnyFunction {
  const { decorator, onClass } = written;
  const elsewhere = onClass && ` On a class also ${Object.keys(onClass.known).join(', ')}.`;
  const check = (where: string): void => checkOptions(where, written, elsewhere);

  return (...args: unknown[]): unknown => {
    const [target, keyOrContext, descriptor] = args as unknown as Arguments;
    if (isStandardContext(keyOrContext)) {
      const { kind, name } = keyOrContext;
      if (kind === 'class') return decorateClass(written, apply, target as AnyFunction);
      const where = `'${String(name)}'`;
      if (kind !== 'method') throw wrongPlace(decorator, where, kind === 'accessor' ? 'an accessor' : `a ${kind}`);
      check(where);
      return applyToStandardMethod(apply, target as AnyFunction, keyOrContext);
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
      check(where);
      return applyToMember(apply, target as object, keyOrContext, descriptor);
    }
    if (typeof target !== 'function') throw wrongPlace(decorator, String(target), `a value of type ${typeof target}`);
    if (isClass(target as AnyFunction)) return decorateClass(written, apply, target as AnyFunction);
    const method = target as AnyFunction;
    const name = method.name || '(anonymous)';
    check(name);
    const names = bothNames(name);
    return apply({ method, namesOf: () => names });
  };
}

/**
 * Methods that are no calls of the app's: the language and its libraries look for them and call them by themselves, for each
 * `await`, `JSON.stringify` and text.
 */
const BY_THE_LANGUAGE = new Set<string>(['constructor', 'then', 'toJSON', 'toString', 'toLocaleString', 'valueOf']);

/** Applies to each method of a class that is to be taken; accessors and symbol-named members are left alone. */
function decorateClass(written: Written, apply: Apply, target: AnyFunction): AnyFunction {
  const { decorator, known, onClass } = written;
  const where = `class ${describeTarget(target)}`;
  if (!onClass) throw wrongPlace(decorator, where, 'a class');
  checkOptions(where, { ...written, known: { ...known, ...onClass.known } });
  for (const place of onClass.isStatic ? [target.prototype, target] : [target.prototype]) {
    const seen = new Set(BY_THE_LANGUAGE);
    for (const holder of onClass.isInherited ? holdersFrom(place) : [place]) {
      for (const key of Object.getOwnPropertyNames(holder)) {
        const descriptor = Object.getOwnPropertyDescriptor(holder, key);
        if (seen.has(key) || !descriptor) continue;
        seen.add(key);
        // A function in a static field is no method: unlike methods, fields are enumerable.
        if (typeof descriptor.value !== 'function' || (place === target && descriptor.enumerable)) continue;
        if (!onClass.takes(descriptor.value)) continue;
        Object.defineProperty(place, key, applyToMember(apply, place, key, descriptor, holder));
      }
    }
  }
  return target;
}

/** `place`, a class or its prototype, and those of the classes that it extends, up to one that the runtime brings. */
function holdersFrom(place: object): object[] {
  const holders: object[] = [];
  for (let holder: object | null = place; holder && isOfClass(holder); holder = Object.getPrototypeOf(holder)) {
    holders.push(holder);
  }
  return holders;
}

function isOfClass(holder: object): boolean {
  const owner = typeof holder === 'function' ? holder : holder.constructor;
  return (
    typeof owner === 'function' &&
    isClass(owner as AnyFunction) &&
    !/\[native code\]\s*\}$/.test(Function.prototype.toString.call(owner))
  );
}

/**
 * @param place the prototype or class that gets the member
 * @param declaring the one that declares it, where `place` inherits it
 */
function applyToMember(
  apply: Apply,
  place: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
  declaring: object = place,
): PropertyDescriptor {
  const namesOf = naming(key, typeof place === 'function', () => ({ declaring, place }));
  return { ...descriptor, value: apply({ method: descriptor.value, namesOf, member: { target: declaring, key } }) };
}

/** A standard decorator does not get its class: the first call finds it, as the one that owns the decorated method. */
function applyToStandardMethod(
  apply: Apply,
  method: AnyFunction,
  { name: key, static: isStatic }: StandardContext,
): AnyFunction {
  const namesOf = naming(key, isStatic, (running) => {
    const owner = running && holderOf(running, key, replacement);
    return owner && { declaring: owner, place: owner };
  });
  const replacement = apply({ method, namesOf });
  return replacement;
}

/**
 * How calls of a method are named, looked up once for each class that they run in.
 *
 * @param find where the method is declared and placed, as seen from a class that it runs in. A private method, or one that a
 *   further decorator has wrapped, may not be found: the caller's class it is then
 */
function naming(
  key: string | symbol,
  isStatic: boolean,
  find: (running: object | undefined) => { readonly declaring: object; readonly place: object } | undefined,
): Site['namesOf'] {
  let declared: string | undefined;
  const known = new WeakMap<object, CallNames>();
  return (self) => {
    const running = classOf(self, isStatic);
    const names = running && known.get(running);
    if (names) return names;
    const found = find(running);
    if (found) declared ??= `${describeTarget(found.declaring)}.${String(key)}`;
    if (!running) return bothNames(declared ?? String(key));
    const method = declared ?? `${describeTarget(running)}.${String(key)}`;
    const name = classNameOf(running);
    // An overridden method that is called by `super` is not the one that the subclass is known by.
    const isOfSubclass = found && name !== undefined && holderOf(running, key) === found.place;
    const looked = { method, calledAs: isOfSubclass ? `${name}.${String(key)}` : method };
    known.set(running, looked);
    return looked;
  };
}

function bothNames(name: string): CallNames {
  return { method: name, calledAs: name };
}

/**
 * The class that a call runs in, which a static method is called on itself, or its prototype: without a word to the object, which
 * may be a Proxy or anything.
 */
function classOf(self: unknown, isStatic: boolean): object | undefined {
  if ((typeof self !== 'object' && typeof self !== 'function') || self === null || types.isProxy(self))
    return undefined;
  return isStatic ? self : (Object.getPrototypeOf(self) ?? undefined);
}

interface StandardContext {
  readonly kind: string;
  readonly name: string | symbol;
  readonly static: boolean;
}

function isStandardContext(value: unknown): value is StandardContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'name' in value;
}

function isClass(target: AnyFunction): boolean {
  return Object.getOwnPropertyDescriptor(target, 'prototype')?.writable === false;
}

/**
 * Observes a decorated method, once however often it is decorated. Where two kinds meet on one method, the more telling one
 * wins over `@Traced()`; otherwise the one nearest to the method stays.
 */
function observeSite(decorator: string, site: Site, operation: Operation): AnyFunction {
  const { member, namesOf } = site;
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
    site.method.name === '' && label !== undefined ? () => bothNames(label) : noticingMinified(namesOf, site.method),
    existing?.original,
  );
}

function withArguments(operation: Operation, read: (args: readonly unknown[]) => Attributes): Operation {
  return { ...operation, onStart: (call) => Object.assign(operation.onStart(call), read(call.args)) };
}
