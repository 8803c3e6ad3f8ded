import type { Operation } from '../call/operation.js';
import { type CommonOptions, DEFAULT_LOG_POLICY, withOptions } from '../call/options.js';
import { type AnyFunction, isObserved } from '../call/wrap.js';
import { namesAgent } from '../genai/agent-turn.js';
import { OPERATION_TRACED } from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { type MethodOrClassDecorator, methodDecorator, observeSite } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';
import { isUntraced } from './untraced.js';

/** Options of {@link Traced}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export type TracedOptions<A extends unknown[] = any[], V = any> = CommonOptions<A, V>;

/** The operation of a call that is traced and nothing else. */
export const TRACED: Operation = {
  kind: SpanKind.INTERNAL,
  log: DEFAULT_LOG_POLICY,
  type: OPERATION_TRACED,
  name: (call) => call.method,
  onStart: (call) => namesAgent({}, call.context),
};

/**
 * Every call of the method becomes a span, metrics and a log record. On a class: every own method of its instances, except
 * those decorated already and those marked `@Untraced()`.
 *
 * Span: the name of the options, else `Class.method`; kind INTERNAL.
 *
 * @throws TypeError at decoration, where it stands on anything but a method, function or class
 *
 * @example
 * ```ts
 * class Orders {
 *   @Traced({ attributes: (id: string) => ({ 'order.id': id }) })
 *   load(id: string): Promise<Order> {
 *     return this.store.get(id);
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Traced<A extends unknown[] = any[], V = any>(
  nameOrOptions?: string | TracedOptions<A, V>,
): MethodOrClassDecorator<A, V> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (options !== undefined && !isOptions(options)) throw wrongOptions('Traced', '@Traced()', options);
  const operation = options ? withOptions(TRACED, options) : TRACED;
  const observesClassMember = (method: AnyFunction): boolean => !isObserved(method) && !isUntraced(method);
  return methodDecorator('Traced', (site) => observeSite('Traced', site, operation), observesClassMember);
}
