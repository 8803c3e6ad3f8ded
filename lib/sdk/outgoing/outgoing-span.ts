import { type Attributes, type SpanContext, type SpanStatus, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_ANNOTEL_SAMPLING_KEPT,
  ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT,
  ATTR_ANNOTEL_SAMPLING_WEIGHT,
} from '../../signals/semconv.js';
import type { Verdict } from '../sampling/tail-sampler.js';
import { withThreshold } from '../sampling/threshold.js';
import type { Cleaner } from './cleaner.js';

/**
 * A finished span on its way out: cleaned, with what is said of its sampling. What is costly is done when an exporter reads
 * it, and not in the path of the call whose span has ended.
 */
export class OutgoingSpan implements ReadableSpan {
  readonly #span: ReadableSpan;
  readonly #cleaner: Cleaner;
  readonly #verdict: Verdict;
  #context: SpanContext | undefined;
  #attributes: Attributes | undefined;
  #events: ReadableSpan['events'] | undefined;

  constructor(span: ReadableSpan, cleaner: Cleaner, verdict: Verdict) {
    this.#span = span;
    this.#cleaner = cleaner;
    this.#verdict = verdict;
  }

  /**
   * Marked as sampled, as all that is exported; the flag that was propagated said what was known then. What a rule kept was
   * certain to be, whatever ratio it met on its way.
   */
  readonly spanContext = (): SpanContext => {
    this.#context ??= this.#exported(this.#span.spanContext());
    return this.#context;
  };

  get attributes(): Attributes {
    const { attributes, kind } = this.#span;
    this.#attributes ??= { ...this.#cleaner.attributes(attributes, this.#scope, kind), ...told(this.#verdict) };
    return this.#attributes;
  }

  get events(): ReadableSpan['events'] {
    this.#events ??= this.#span.events.map((event) =>
      event.attributes ? { ...event, attributes: this.#cleaner.attributes(event.attributes, this.#scope) } : event,
    );
    return this.#events;
  }

  get links(): ReadableSpan['links'] {
    return this.#span.links.map((link) =>
      link.attributes ? { ...link, attributes: this.#cleaner.attributes(link.attributes, this.#scope) } : link,
    );
  }

  get name(): string {
    return this.#cleaner.text(this.#span.name, this.#scope);
  }

  get status(): SpanStatus {
    const { status } = this.#span;
    return status.message ? { ...status, message: this.#cleaner.text(status.message, this.#scope) } : status;
  }

  get kind(): ReadableSpan['kind'] {
    return this.#span.kind;
  }

  // Optional in the interface, and so not to be declared as a getter that may be left out.
  get parentSpanContext(): SpanContext {
    return this.#span.parentSpanContext as SpanContext;
  }

  get startTime(): ReadableSpan['startTime'] {
    return this.#span.startTime;
  }

  get endTime(): ReadableSpan['endTime'] {
    return this.#span.endTime;
  }

  get duration(): ReadableSpan['duration'] {
    return this.#span.duration;
  }

  get ended(): boolean {
    return this.#span.ended;
  }

  get resource(): ReadableSpan['resource'] {
    return this.#span.resource;
  }

  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#span.instrumentationScope;
  }

  get droppedAttributesCount(): number {
    return this.#span.droppedAttributesCount;
  }

  get droppedEventsCount(): number {
    return this.#span.droppedEventsCount;
  }

  get droppedLinksCount(): number {
    return this.#span.droppedLinksCount;
  }

  get #scope(): string {
    return this.#span.instrumentationScope.name;
  }

  #exported(context: SpanContext): SpanContext {
    const traceFlags = context.traceFlags | TraceFlags.SAMPLED;
    const { threshold } = this.#verdict;
    if (threshold === undefined) return { ...context, traceFlags };
    const traceState = withThreshold(context.traceState, threshold);
    return { ...context, traceFlags, ...(traceState && { traceState }) };
  }
}

/** What a back end needs to weigh a span. */
function told({ weight, kept, leftOut }: Verdict): Attributes {
  return {
    ...(weight !== undefined && { [ATTR_ANNOTEL_SAMPLING_WEIGHT]: weight }),
    ...(kept !== undefined && { [ATTR_ANNOTEL_SAMPLING_KEPT]: kept }),
    ...(leftOut !== undefined && { [ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT]: leftOut }),
  };
}
