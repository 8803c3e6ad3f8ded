import type { AnyFunction } from '../call/wrap.js';
import { type AnyMethodDecorator, methodDecorator } from './define.js';
import { wrongOptions } from './misuse.js';

const untraced = new WeakSet<AnyFunction>();

/**
 * Leaves a method out of a class that is decorated with `@Traced()`.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function
 *
 * @example
 * ```ts
 * @Traced()
 * class Orders {
 *   load(id: string): Promise<Order> { … }
 *
 *   @Untraced()
 *   isReady(): boolean { … }
 * }
 * ```
 */
export function Untraced(): AnyMethodDecorator;
export function Untraced(...misplaced: unknown[]): AnyMethodDecorator {
  if (misplaced.length > 0) throw wrongOptions('Untraced', '@Untraced()', misplaced[0]);
  return methodDecorator({ decorator: 'Untraced', options: {}, known: {} }, ({ method }) => {
    untraced.add(method);
    return method;
  });
}

export function isUntraced(method: AnyFunction): boolean {
  return untraced.has(method);
}
