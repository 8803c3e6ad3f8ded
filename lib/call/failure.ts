import type { Attributes } from '@opentelemetry/api';
import { carriedContent, redactError } from '../privacy/redaction/redact-error.js';
import { safely } from '../safely.js';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_STACKTRACE, ATTR_EXCEPTION_TYPE, ERROR_TYPE_OTHER } from './names.js';

const withStackRecorded = new WeakSet<object>();
const ERROR_CODE = /^[\w.-]{1,64}$/;

/** Names that HTTP clients give to whatever a server answers with; the status says more. */
const VAGUE_NAME = /(^|api|http|call|client|fetch|response|sdk|status)error$/i;

let answers: (error: unknown) => boolean = () => false;

/** Sets which errors are an app's answers to whoever asked it, and so no failure of the calls that throw them. Default: none. */
export function setAnswers(isOne: (error: unknown) => boolean): void {
  answers = isOne;
}

/** Whether an error is an answer. Never throws. */
export function isAnswer(error: unknown): boolean {
  return safely('asking whether an error is an answer', () => answers(error), false);
}

/**
 * `error.type` of whatever was thrown: the code that the error carries (`ECONNREFUSED`, `rate_limit_exceeded`, an SQLSTATE),
 * else the name of its class, or, where the class says nothing (`ApiError`), the service's own type
 * or the HTTP status, else `_OTHER`. Low in
 * cardinality, so fit to be a metric dimension.
 */
export function errorType(error: unknown): string {
  const code = read(error, 'code');
  if (typeof code === 'string' && ERROR_CODE.test(code)) return code;
  const name = className(error);
  const better = name === undefined || VAGUE_NAME.test(name) ? (ownType(error) ?? httpStatus(error)) : undefined;
  return better ?? name ?? ERROR_TYPE_OTHER;
}

/** What services call their errors: `overloaded_error`. */
function ownType(error: unknown): string | undefined {
  const type = read(error, 'type');
  return typeof type === 'string' && /^\w{1,58}_error$/i.test(type) ? type : undefined;
}

function httpStatus(error: unknown): string | undefined {
  for (const key of ['status', 'statusCode', 'status_code', 'code']) {
    const status = read(error, key);
    if (typeof status === 'number' && status >= 400 && status < 600) return String(status);
  }
  return undefined;
}

/**
 * The message of whatever was thrown, as it may leave the process; `undefined` where it has none.
 *
 * @param args the arguments of the failed call
 */
export function errorMessage(error: unknown, args: readonly unknown[]): string | undefined {
  const message = typeof error === 'string' ? error : read(error, 'message');
  return typeof message === 'string' ? asShown(error, 'messages', message, args) : undefined;
}

/** What was made of the texts of an error so far: what an inner call has masked stays masked in the calls around it. */
const shownAs = { messages: new WeakMap<object, string>(), stacks: new WeakMap<object, string>() };

function asShown(error: unknown, kind: keyof typeof shownAs, text: string, args: readonly unknown[]): string {
  const known = typeof error === 'object' && error !== null ? shownAs[kind] : undefined;
  const before = known?.get(error as object);
  // Of what the error carries itself it is without already.
  if (before !== undefined && args.length === 0) return before;
  const shown = redactError(before ?? text, [...args, { content: carriedContent(error) }]);
  known?.set(error as object, shown);
  return shown;
}

/**
 * The `exception.*` attributes. An error that passes through several observed calls is recorded with its stack by
 * the innermost only; the others record its type and message.
 */
export function exceptionAttributes(
  error: unknown,
  args: readonly unknown[],
): { attributes: Attributes; first: boolean } {
  const first = isFirstSight(error);
  const attributes: Attributes = { [ATTR_EXCEPTION_TYPE]: className(error) ?? ERROR_TYPE_OTHER };
  const message = errorMessage(error, args);
  if (message !== undefined) attributes[ATTR_EXCEPTION_MESSAGE] = message;
  const stack = first ? read(error, 'stack') : undefined;
  if (typeof stack === 'string') attributes[ATTR_EXCEPTION_STACKTRACE] = asShown(error, 'stacks', stack, args);
  return { attributes, first };
}

/** Whether an observed call has recorded an error with its stack. */
export function isRecorded(error: unknown): boolean {
  return typeof error === 'object' && error !== null && withStackRecorded.has(error);
}

function isFirstSight(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  if (withStackRecorded.has(error)) return false;
  withStackRecorded.add(error);
  return true;
}

/** Many clients leave `name` at 'Error' and distinguish their errors by class only. */
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
