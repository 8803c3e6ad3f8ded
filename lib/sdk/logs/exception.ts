import type { Attributes } from '@opentelemetry/api';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_STACKTRACE, ATTR_EXCEPTION_TYPE } from '../../genai/semconv.js';

/** An error in a log record, as `exception.*`. Never throws. */
export function ofError(error: Error): Attributes {
  try {
    // Many libraries leave `name` at 'Error' and tell their errors apart by class alone.
    const type = error.name === 'Error' ? error.constructor.name : error.name;
    return attributesOf(type, error.message, error.stack);
  } catch {
    return {};
  }
}

/** The stack that stands for an error, whose first line holds type and message. */
export function ofStack(stack: unknown): Attributes {
  if (typeof stack !== 'string') return {};
  const [, type, message] = /^([\w$.]+)(?: \[[^\]]*\])?(?:: (.*))?\n\s+at /.exec(stack) ?? [];
  return attributesOf(type, message, stack);
}

function attributesOf(type: unknown, message: unknown, stack: unknown): Attributes {
  const all = { [ATTR_EXCEPTION_TYPE]: type, [ATTR_EXCEPTION_MESSAGE]: message, [ATTR_EXCEPTION_STACKTRACE]: stack };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => typeof value === 'string' && value !== ''));
}
