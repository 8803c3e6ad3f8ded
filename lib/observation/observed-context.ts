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

/** `parent` with the span and observation of a call in it. */
export function contextOf(parent: Context, span: Span, observation: Observation): Context {
  return trace.setSpan(layer(parent, OBSERVATION, observation), span);
}
