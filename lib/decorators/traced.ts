import type { Operation } from '../call/operation.js';
import {
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { type AnyFunction, isObserved } from '../call/wrap.js';
import { namesAgent } from '../genai/agent-turn.js';
import { OPERATION_TRACED } from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { type DecoratorFor, type MethodOrClassDecorator, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';
import { isUntraced } from './untraced.js';

/** Options of {@link Traced}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface TracedOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** On a class: whether its static methods are traced, too. Default `false`. */
  static?: boolean;
  /**
   * On a class: whether the methods that it inherits are traced on its instances, too, up to a base class that the runtime
   * brings. The base classes themselves stay as they are. Default `false`.
   */
  inherited?: boolean;
}

const ON_CLASS: OptionNames<Omit<TracedOptions, keyof CommonOptions>> = { static: true, inherited: true };

/** The operation of a call that is traced and nothing else. */
export const TRACED: Operation = {
  kind: SpanKind.INTERNAL,
  log: DEFAULT_LOG_POLICY,
  type: OPERATION_TRACED,
  name: (call) => call.calledAs,
  onStart: (call) => namesAgent({}, call.context),
};

/**
 * Every call of the method becomes a span, metrics and a log record. On a class: every own method of its instances, and by
 * option static and inherited ones; but those decorated already, those marked `@Untraced()`, and those that the language calls by
 * itself: `then`, `toJSON`, `toString`, `toLocaleString`, `valueOf`, accessors and symbol-named members.
 *
 * Span: the name of the options, else `Class.method`; kind INTERNAL. The class is that of the object which the method is called
 * on; `code.function.name` names the one that declares it.
 *
 * @throws TypeError at decoration, where it stands on anything but a method, function or class, or has an unknown option
 *
 * @example
 * ```ts
 * class Orders {
 *   @Traced({ attributes: (id: string) => ({ 'order.id': id }) })
 *   load(id: string): Promise<Order> {
 *     return this.store.get(id);
 *   }
 *
 *   @Traced({ root: true })
 *   async poll(): Promise<void> {
 *     // Each run is a trace of its own, also where a request started the loop.
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Traced<A extends unknown[] = any[], V = any>(
  nameOrOptions: string | TracedOptions<A, V> = {},
): DecoratorFor<A, V, MethodOrClassDecorator<A, V>> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (!isOptions(options)) throw wrongOptions('Traced', '@Traced()', options);
  const operation = withOptions(TRACED, options);
  const onClass = {
    known: ON_CLASS,
    isStatic: options.static === true,
    isInherited: options.inherited === true,
    takes: (method: AnyFunction) => !isObserved(method) && !isUntraced(method),
  };
  return observingDecorator({ decorator: 'Traced', options, known: COMMON_OPTIONS, onClass }, operation);
}
