import { isSpanContextValid, trace } from '../lib/otel.js';

type Mixin = (...args: unknown[]) => object;

/** Under which pino keeps the function that adds fields to each line. Its own module has the symbol; it need not be installed. */
const MIXIN = 'pino.mixin';

/**
 * Gives each line of a pino logger, and of its children, the ids of the span in which it is written: for apps in which pino was
 * loaded before telemetry started. Lines that have them already stay as they are.
 */
export function correlate(logger: object): void {
  const key = Object.getOwnPropertySymbols(logger).find(({ description }) => description === MIXIN);
  if (key === undefined) return;
  const fields = logger as Record<symbol, Mixin | undefined>;
  const { [key]: own } = fields;
  fields[key] = function (this: unknown, ...args) {
    const line = own ? Reflect.apply(own, this, args) : {};
    const span = trace.getActiveSpan()?.spanContext();
    if (!span || !isSpanContextValid(span) || 'trace_id' in line) return line;
    const { traceId, spanId, traceFlags } = span;
    return { ...line, trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags.toString(16)}` };
  };
}
