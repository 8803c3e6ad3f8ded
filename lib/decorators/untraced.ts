import type { AnyFunction } from '../observation/observe.js';
import { type MethodDecorator, methodDecorator } from './method-decorator.js';
import { wrongOptions } from './usage.js';

const untraced = new WeakSet<AnyFunction>();

/**
 * Leaves a method out of a class that is decorated with `@Traced()`.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function
 */
// biome-ignore lint/suspicious/noExplicitAny: it fits every method
export function Untraced(...nothing: []): MethodDecorator<any[], any> {
  if (nothing.length > 0) throw wrongOptions('Untraced', '@Untraced()', (nothing as unknown[])[0]);
  return methodDecorator('Untraced', ({ method }) => {
    untraced.add(method);
    return method;
  });
}

export function isUntraced(method: AnyFunction): boolean {
  return untraced.has(method);
}
