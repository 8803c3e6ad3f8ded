import { types } from 'node:util';
import type { Attributes, LogRecord } from '@opentelemetry/api';
import { ofError, ofStack } from '../lib/sdk/logs/exception.js';
import { logValue } from '../lib/sdk/logs/log-value.js';

/**
 * One call of the logger as one log record. Texts and numbers make up the body; objects become attributes, or the body
 * where there is nothing else; an error, or the stack that stands for one, becomes `exception.*`. Never throws.
 */
export function logRecord(messages: readonly unknown[], stack?: unknown): Pick<LogRecord, 'body' | 'attributes'> {
  const error = messages.find((message) => types.isNativeError(message));
  const exception = error ? ofError(error) : ofStack(stack);
  const texts: unknown[] = [];
  const fields: Attributes = {};
  for (const message of messages) {
    const value = error && message === error ? messageOf(exception) : logValue(message);
    if (isRecord(value)) Object.assign(fields, value);
    else texts.push(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  if (texts.length > 0) return { body: texts.join(' '), attributes: { ...fields, ...exception } };
  if (typeof fields.message !== 'string') return { body: fields, attributes: exception };
  const { message, ...rest } = fields;
  return { body: message, attributes: { ...rest, ...exception } };
}

function messageOf(exception: Attributes): unknown {
  return exception['exception.message'] ?? exception['exception.type'] ?? '[Unreadable]';
}

function isRecord(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
