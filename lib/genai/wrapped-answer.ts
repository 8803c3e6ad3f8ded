import { FAMILIES } from './providers/registry.js';
import { objectOf } from './shape.js';

/**
 * Finds the answer or stream in what a client wraps it in: `{ data, response }` of `.withResponse()`, `{ data, … }` of axios and
 * generated clients, `{ body, … }` of REST clients, `{ stream, … }` of the AWS SDK. Anything else is handed back as it is,
 * and so is an HTTP response whose body is complete and whose family reads the status, too.
 *
 * Only fields of plain objects are looked at: the getters of a client's own classes may do work, such as reading a stream.
 */
export function answerWithin(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // Nearly every answer is one itself.
  if (!('data' in value || 'body' in value || 'stream' in value) || !isPlain(value)) return value;
  const data = fieldOf(value, 'data');
  if (data) {
    // With the HTTP response beside it, it is the answer, whatever it is. Without, a list is a field of an answer.
    const wrapped = fieldOf(value, 'response') !== undefined || !(Array.isArray(data) || isAnswer(value));
    return wrapped ? data : value;
  }
  const body = fieldOf(value, 'body');
  if (body) return isBody(body, value) ? body : value;
  const stream = fieldOf(value, 'stream');
  return stream && isStream(stream) && !isAnswer(value) ? stream : value;
}

function isBody(body: object, value: object): boolean {
  // Bytes are for the reader that knows what they are; a failed call has its status, and nothing to stream.
  if (body instanceof Uint8Array || Array.isArray(body) || isAnswer(value)) return false;
  if (!FAMILIES.some((family) => family.isHttpResponse?.(value))) return true;
  return isStream(body) && !((value as { status: string }).status >= '400');
}

function isAnswer(value: object): boolean {
  return 'object' in value || 'choices' in value || 'model' in value || 'usage' in value;
}

function isStream(value: object): boolean {
  return Symbol.asyncIterator in value || 'getReader' in value || 'pipe' in value;
}

/** A literal, or parsed JSON, of any realm, that is not made to be read or awaited itself. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return !(Array.isArray(value) || isStream(value) || 'then' in value || 'json' in value || 'subscribe' in value);
}

/** An object in a field of its own, without asking a getter. */
function fieldOf(value: object, name: string): object | undefined {
  return objectOf(Object.getOwnPropertyDescriptor(value, name)?.value);
}
