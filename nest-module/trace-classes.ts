import type { Type } from '@nestjs/common';
import { Traced, Untraced } from '../lib/index.js';
import { STEPS } from './pipeline.js';

/** What Nest calls once in an app's life, or what is recorded as a step of a request. */
const NOT_TRACED: ReadonlySet<string> = new Set([
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'onApplicationShutdown',
  'beforeApplicationShutdown',
  'configure',
  ...Object.values(STEPS),
]);

/**
 * Observes the own methods of a class as `@Traced()` on the class does, without what Nest calls itself: hooks, guards and the like.
 * Methods that are decorated already stay as they are, and so do those marked `@Untraced()`.
 */
export function traceClass(target: Type): void {
  for (const key of Object.getOwnPropertyNames(target.prototype)) {
    const method = Object.getOwnPropertyDescriptor(target.prototype, key)?.value;
    if (NOT_TRACED.has(key) && typeof method === 'function') Untraced()(method);
  }
  Traced()(target);
}
