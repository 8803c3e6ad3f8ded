import { errorType, isRecorded } from '../lib/call/failure.js';
import { trace } from '../lib/otel.js';
import { settings } from '../lib/settings.js';

/** Errors that a span will tell of when the request is answered. */
const awaited = new WeakSet<object>();

/** A span of the request is going to record an error, unless the answer makes none of it. */
export function awaitOnSpan(error: unknown): void {
  if (typeof error === 'object' && error !== null) awaited.add(error);
}

/**
 * What a log record says of an error that a span has, or will have: its type alone, so that back ends count one exception.
 * `undefined` where no span has it.
 */
export function ofErrorOnSpan(error: Error): { 'error.type': string } | undefined {
  if (!settings().exceptionEvents || trace.getActiveSpan()?.isRecording() !== true) return undefined;
  return isRecorded(error) || awaited.has(error) ? { 'error.type': errorType(error) } : undefined;
}
