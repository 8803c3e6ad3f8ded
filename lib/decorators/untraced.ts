import type { AnyFunction } from '../observation/observe.js';
import { type MethodDecorator, methodDecorator } from './method-decorator.js';

const untraced = new WeakSet<AnyFunction>();

/** Leaves a method out of a class that is decorated with `@Traced()`. */
// biome-ignore lint/suspicious/noExplicitAny: it fits every method
export function Untraced(): MethodDecorator<any[], any> {
  return methodDecorator('Untraced', ({ method }) => {
    untraced.add(method);
    return method;
  });
}

export function isUntraced(method: AnyFunction): boolean {
  return untraced.has(method);
}
