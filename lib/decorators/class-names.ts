import { types } from 'node:util';

/*
 * What a class is called, found without running any code of it: no getter, no trap of a Proxy.
 */

/** The class of a member: `target` is its prototype, or the class itself for static members. */
export function describeTarget(target: object): string {
  return classNameOf(target) ?? '(anonymous class)';
}

/** The name of a class, or of that of a prototype; `undefined` where it has none. */
export function classNameOf(target: object): string | undefined {
  const owner = typeof target === 'function' ? target : valueIn(target, 'constructor');
  const name = typeof owner === 'function' ? valueIn(owner, 'name') : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function valueIn(object: object, key: PropertyKey): unknown {
  const holder = holderOf(object, key);
  return holder && Object.getOwnPropertyDescriptor(holder, key)?.value;
}

/**
 * Where an object has a member from: itself or one of its prototypes.
 *
 * @param value the one that it has there; without it whichever comes first
 */
export function holderOf(object: object, key: PropertyKey, value?: unknown): object | undefined {
  for (let holder: object | null = object; holder && !types.isProxy(holder); holder = Object.getPrototypeOf(holder)) {
    const member = Object.getOwnPropertyDescriptor(holder, key);
    if (member && (value === undefined || member.value === value)) return holder;
  }
  return undefined;
}
