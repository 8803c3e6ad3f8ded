import type { Context } from '@opentelemetry/api';
import { createContextKey, trace } from '../otel.js';
import { layer } from './layered-context.js';

const traceKeys: symbol[] = [];

/** A key for what belongs to the trace of a context: a call that begins a trace of its own begins without it. */
export function createTraceKey(name: string): symbol {
  const key = createContextKey(name);
  traceKeys.push(key);
  return key;
}

/** `context` outside of the trace that it is in. All else in it stays, such as the request context and values of the app's own. */
export function outsideTrace(context: Context): Context {
  let outside = trace.getSpan(context) ? trace.deleteSpan(context) : context;
  for (const key of traceKeys) if (outside.getValue(key) !== undefined) outside = layer(outside, key, undefined);
  return outside;
}
