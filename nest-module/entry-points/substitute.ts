import { type AnyFunction, takeOnIdentity } from '../../lib/call/wrap.js';

/** The objects that methods were replaced in, with their keys: each is replaced once, also where several apps are in one process. */
const replaced = new WeakMap<object, Set<string>>();

/** The object among `value` and its prototypes that has a method by this key. Runs no getter. */
export function prototypeWith(value: object, key: string): object | undefined {
  for (let owner: object | null = value; owner; owner = Object.getPrototypeOf(owner)) {
    const member = Object.getOwnPropertyDescriptor(owner, key);
    if (member) return typeof member.value === 'function' ? owner : undefined;
  }
  return undefined;
}

/**
 * Puts another method in the place of one, with its name, length and metadata.
 *
 * @param owner has the method itself, and not by its prototype
 */
export function substitute(
  owner: object,
  key: string,
  replacement: (original: AnyFunction, key: string) => AnyFunction,
): void {
  const keys = replaced.get(owner) ?? new Set();
  const member = Object.getOwnPropertyDescriptor(owner, key);
  if (keys.has(key) || typeof member?.value !== 'function') return;
  replaced.set(owner, keys.add(key));
  const original: AnyFunction = member.value;
  const method = replacement(original, key);
  takeOnIdentity(method, original);
  Reflect.defineProperty(owner, key, { ...member, value: method });
}
