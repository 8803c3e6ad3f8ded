import type { Context, Span } from '@opentelemetry/api';
import { layer } from '../context/layered-context.js';
import { createTraceKey } from '../context/own-trace.js';
import { context, trace } from '../otel.js';
import type { InFlight } from './operation.js';

const CALL = createTraceKey('annotel.call');

/** The observed call that the active context belongs to. */
export function currentCall(): InFlight | undefined {
  return callIn(context.active());
}

/** The observed call that a context belongs to. */
export function callIn(context: Context): InFlight | undefined {
  return context.getValue(CALL) as InFlight | undefined;
}

/**
 * The observed call that one which begins in a context stands in. Those around it that have ended are let go of: code that
 * calls itself again and again, by timers, would hold all of its calls.
 */
export function enclosingCall(context: Context): InFlight | undefined {
  const call = callIn(context);
  while (call?.enclosing && !call.enclosing.isOpen) call.enclosing = call.enclosing.enclosing;
  return call;
}

/** `parent` with a call and its span in it. */
export function contextOf(parent: Context, span: Span, call: InFlight): Context {
  return trace.setSpan(layer(parent, CALL, call), span);
}
