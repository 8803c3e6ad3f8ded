import type { Attributes } from '@opentelemetry/api';
import { trace } from '../otel.js';
import { safely, warnOnce } from '../safely.js';
import { currentCall } from './current.js';

/**
 * Adds attributes to the call in flight, that is to the innermost decorated method that is running: to its span and its log
 * record, not to metrics. Outside of one they go to the active span, if there is one. Never throws.
 *
 * @example
 * ```ts
 * annotate({ 'order.items': order.items.length });
 * ```
 */
export function annotate(attributes: Attributes): void {
  safely('annotating a call', () => {
    const call = currentCall();
    if (call) call.annotate(attributes);
    else trace.getActiveSpan()?.setAttributes(attributes);
  });
}

/**
 * Records a timestamped event inside the call in flight: a span event, and a log record in the call's context with `name` as
 * its event name. Outside of a decorated method it becomes an event of the active span, if there is one. Never throws.
 *
 * @param name low in cardinality; what varies belongs into `attributes`
 *
 * @example
 * ```ts
 * recordEvent('cache.miss', { 'cache.name': 'prices' });
 * ```
 */
export function recordEvent(name: string, attributes?: Attributes): void {
  safely('recording an event', () => {
    if (typeof name !== 'string' || name === '')
      return warnOnce("recordEvent() needs a name, as in recordEvent('cache.miss')");
    const call = currentCall();
    if (call) call.event(name, attributes);
    else trace.getActiveSpan()?.addEvent(name, attributes);
  });
}
