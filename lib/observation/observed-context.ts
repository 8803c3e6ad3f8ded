import { type Context, context, createContextKey, type Span, trace } from '@opentelemetry/api';
import { layer } from '../signals/layered-context.js';
import type { Observation } from './observation.js';

const OBSERVATION = createContextKey('annotel.observation');

/** The observed call that the active context belongs to. */
export function currentObservation(): Observation | undefined {
  return observationOf(context.active());
}

/** The observed call that a context belongs to. */
export function observationOf(context: Context): Observation | undefined {
  return context.getValue(OBSERVATION) as Observation | undefined;
}

/**
 * The observed call that one which begins in a context stands in. Those around it that have ended are let go of: code that
 * calls itself again and again, by timers, would hold all of its calls.
 */
export function observationAround(context: Context): Observation | undefined {
  const call = observationOf(context);
  while (call?.parent && !call.parent.isOpen) call.parent = call.parent.parent;
  return call;
}

/** `parent` with the span and observation of a call in it. */
export function contextOf(parent: Context, span: Span, observation: Observation): Context {
  return trace.setSpan(layer(parent, OBSERVATION, observation), span);
}
