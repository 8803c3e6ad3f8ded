import 'reflect-metadata';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { describeTarget } from './class-names.js';
import { wrongOptions } from './misuse.js';

const METADATA_KEY = 'annotel:span-attributes';

interface MarkedParameter {
  readonly index: number;
  readonly key: string;
}

/**
 * Parameter decorator (legacy decorators only: the standard has none): the argument becomes the attribute `key` of the
 * call's span and log record. Strings, numbers, booleans and arrays of these are recorded; anything else is left out, so
 * that no object is serialised by accident. The method itself must be decorated too, or its class with `@Traced()`.
 *
 * @throws TypeError at decoration, on a constructor parameter or without a key
 *
 * @example
 * ```ts
 * class Orders {
 *   @Traced()
 *   load(@SpanAttribute('order.id') id: string): Promise<Order> { … }
 * }
 * ```
 */
export function SpanAttribute(key: string): ParameterDecorator {
  if (typeof key === 'object' || typeof key === 'function') {
    throw wrongOptions('SpanAttribute', "@SpanAttribute('order.id')", key);
  }
  return (target, method, index) => {
    if (method === undefined) {
      throw new TypeError(
        `@SpanAttribute() on the constructor of ${describeTarget(target)}: put it on a method's parameter.`,
      );
    }
    if (typeof key !== 'string' || key === '') {
      const where = `${describeTarget(target)}.${String(method)}`;
      throw new TypeError(`@SpanAttribute() on ${where}: name the attribute, as in @SpanAttribute('order.id').`);
    }
    const marked: MarkedParameter[] = Reflect.getOwnMetadata(METADATA_KEY, target, method) ?? [];
    Reflect.defineMetadata(METADATA_KEY, [...marked, { index, key }], target, method);
  };
}

/** How the arguments of a method become attributes; `undefined` where none of its parameters is marked. */
export function spanAttributesOf(
  target: object,
  method: string | symbol,
): ((args: readonly unknown[]) => Attributes) | undefined {
  const marked: MarkedParameter[] | undefined = Reflect.getOwnMetadata(METADATA_KEY, target, method);
  if (!marked) return undefined;
  return (args) => {
    const attributes: Attributes = {};
    for (const { index, key } of marked) {
      const value = args[index];
      if (isRecordable(value)) attributes[key] = value;
    }
    return attributes;
  };
}

function isRecordable(value: unknown): value is AttributeValue {
  return isPrimitive(value) || (Array.isArray(value) && value.every(isPrimitive));
}

function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
