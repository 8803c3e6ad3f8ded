import { stripVTControlCharacters, types } from 'node:util';
import type { AnyValue } from '@opentelemetry/api';

const MAX_DEPTH = 5;
/** Values in one message, all levels together. Bounds what it costs to log something huge by mistake. */
const MAX_VALUES = 500;

interface Walk {
  left: number;
  readonly ancestors: object[];
}

/**
 * What was logged, as plain data that every exporter takes: structure kept, `toJSON` honoured. Never throws, whatever
 * it is given; what is circular, too deep, too much or unreadable becomes a word in brackets that says so.
 */
export function logValue(value: unknown): AnyValue {
  return plain(value, { left: MAX_VALUES, ancestors: [] });
}

function plain(value: unknown, walk: Walk): AnyValue {
  walk.left -= 1;
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString();
  if (typeof value === 'function') return `[Function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (walk.ancestors.includes(value)) return '[Circular]';
  if (walk.ancestors.length === MAX_DEPTH) return '[Nested]';
  walk.ancestors.push(value);
  const result = readable(() => structured(value, walk));
  walk.ancestors.pop();
  return result;
}

function structured(value: object, walk: Walk): AnyValue {
  if (Array.isArray(value) || value instanceof Set) return items(value, walk);
  if (value instanceof Map) return record(Object.fromEntries(value), walk);
  if (types.isNativeError(value)) return record({ ...value, name: value.name, message: value.message }, walk);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? plain(toJSON.call(value), walk) : record(value, walk);
}

function items(values: Iterable<unknown>, walk: Walk): AnyValue[] {
  const result: AnyValue[] = [];
  for (const value of values) {
    if (walk.left <= 0) return [...result, '[Truncated]'];
    result.push(plain(value, walk));
  }
  return result;
}

function record(value: object, walk: Walk): Record<string, AnyValue> {
  const result: Record<string, AnyValue> = {};
  for (const key of Object.keys(value)) {
    if (walk.left <= 0) return { ...result, '[Truncated]': true };
    result[key] = readable(() => plain(value[key as keyof object], walk));
  }
  return result;
}

/** Getters, `toJSON` and the traps of a Proxy are code of the app, and may throw. */
function readable(read: () => AnyValue): AnyValue {
  try {
    return read();
  } catch {
    return '[Unreadable]';
  }
}

/** What Azure Monitor takes of a message, and more than anybody reads. */
const LONGEST = 32_768;

/** A text as the body of a record: without the colours of a terminal, and of bounded length. */
export function logText(text: string): string {
  const plain = text.includes('\u001b') || text.includes('\u009b') ? stripVTControlCharacters(text) : text;
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
