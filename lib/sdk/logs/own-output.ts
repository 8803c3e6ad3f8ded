import { type Context, context, createContextKey } from '@opentelemetry/api';

/** Made from its text alone, so that `annotel/nest` has the same key without sharing a module. */
const OWN_OUTPUT = createContextKey('annotel: output of a logger whose records are exported already');

/** Runs what a logger does to print a record. What it prints through `console` is no record of its own. */
export function printing<T>(work: () => T): T {
  return context.with(context.active().setValue(OWN_OUTPUT, true), work);
}

/** Whether a logger is printing. */
export function isPrinting(active: Context): boolean {
  return active.getValue(OWN_OUTPUT) === true;
}
