import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
  ERROR_TYPE_OTHER,
} from '../signals/semconv.js';

const described = new WeakSet<object>();
const ERROR_CODE = /^[\w.-]{1,64}$/;

/**
 * `error.type` of whatever was thrown: the code that the error carries (`ECONNREFUSED`, `rate_limit_exceeded`, an SQLSTATE),
 * else the name of its class, else `_OTHER`. Low in cardinality, so fit to be a metric dimension.
 */
export function errorType(error: unknown): string {
  const code = read(error, 'code');
  if (typeof code === 'string' && ERROR_CODE.test(code)) return code;
  return className(error) ?? ERROR_TYPE_OTHER;
}

/** The message of whatever was thrown, `undefined` where it has none. */
export function errorMessage(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  const message = read(error, 'message');
  return typeof message === 'string' ? message : undefined;
}

/**
 * The `exception.*` attributes. An error that passes through several observed calls is told with its stack by the
 * innermost only; the others say that, and by what, they failed.
 */
export function exceptionAttributes(error: unknown): { attributes: Attributes; first: boolean } {
  const first = isFirstSight(error);
  const attributes: Attributes = { [ATTR_EXCEPTION_TYPE]: className(error) ?? ERROR_TYPE_OTHER };
  const message = errorMessage(error);
  if (message !== undefined) attributes[ATTR_EXCEPTION_MESSAGE] = message;
  const stack = first ? read(error, 'stack') : undefined;
  if (typeof stack === 'string') attributes[ATTR_EXCEPTION_STACKTRACE] = stack;
  return { attributes, first };
}

function isFirstSight(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  if (described.has(error)) return false;
  described.add(error);
  return true;
}

/** Many clients leave `name` at 'Error' and tell their errors apart by class only. */
function className(error: unknown): string | undefined {
  const name = read(error, 'name');
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
  const constructorName = read(read(error, 'constructor'), 'name');
  if (typeof constructorName !== 'string' || constructorName === '' || constructorName === 'Object') return undefined;
  return typeof error === 'object' ? constructorName : undefined;
}

/** Anything can be thrown, a Proxy or an object with a throwing getter included. */
function read(value: unknown, key: string): unknown {
  if (value === null || value === undefined) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
