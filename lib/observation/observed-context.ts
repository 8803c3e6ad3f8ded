import { type Context, context, createContextKey, type Span, trace } from '@opentelemetry/api';
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
  const base = parent instanceof ObservedContext ? parent.base : parent;
  return new ObservedContext(trace.setSpan(base, span), observation);
}

/** A context with one more value, without the copy that `setValue` makes of all others at every call. */
class ObservedContext implements Context {
  constructor(
    readonly base: Context,
    private readonly observation: Observation | undefined,
  ) {}

  getValue(key: symbol): unknown {
    return key === OBSERVATION ? this.observation : this.base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new ObservedContext(this.base.setValue(key, value), this.observation);
  }

  deleteValue(key: symbol): Context {
    return new ObservedContext(this.base.deleteValue(key), key === OBSERVATION ? undefined : this.observation);
  }
}
