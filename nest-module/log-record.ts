import { types } from 'node:util';
import type { Attributes, LogRecord } from '@opentelemetry/api';
import { logValue } from './log-value.js';

/**
 * One call of the logger as one log record. Texts and numbers make up the body; objects become attributes, or the body
 * where nothing else was said; an error, or the stack that stands for one, becomes `exception.*`. Never throws.
 */
export function logRecord(messages: readonly unknown[], stack?: unknown): Pick<LogRecord, 'body' | 'attributes'> {
  const error = messages.find((message) => types.isNativeError(message));
  const exception = error ? ofError(error) : ofStack(stack);
  const texts: unknown[] = [];
  const said: Attributes = {};
  for (const message of messages) {
    const value = error && message === error ? inWords(exception) : logValue(message);
    if (isRecord(value)) Object.assign(said, value);
    else texts.push(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  if (texts.length > 0) return { body: texts.join(' '), attributes: { ...said, ...exception } };
  if (typeof said.message !== 'string') return { body: said, attributes: exception };
  const { message, ...rest } = said;
  return { body: message, attributes: { ...rest, ...exception } };
}

function inWords(exception: Attributes): unknown {
  return exception['exception.message'] ?? exception['exception.type'] ?? '[Unreadable]';
}

function isRecord(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ofError(error: Error): Attributes {
  try {
    // Many libraries leave `name` at 'Error' and tell their errors apart by class alone.
    const type = error.name === 'Error' ? error.constructor.name : error.name;
    return attributesOf(type, error.message, error.stack);
  } catch {
    return {};
  }
}

/** `logger.error(message, error.stack)` is usual in Nest apps; type and message stand in the stack's first line. */
function ofStack(stack: unknown): Attributes {
  if (typeof stack !== 'string') return {};
  const [, type, message] = /^([\w$.]+)(?: \[[^\]]*\])?(?:: (.*))?\n\s+at /.exec(stack) ?? [];
  return attributesOf(type, message, stack);
}

function attributesOf(type: unknown, message: unknown, stack: unknown): Attributes {
  const all = { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => typeof value === 'string' && value !== ''));
}
