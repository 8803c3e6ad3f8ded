import { type Attributes, type SpanContext, type SpanStatus, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_ANNOTEL_SAMPLING_KEPT,
  ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT,
  ATTR_ANNOTEL_SAMPLING_WEIGHT,
  SCOPE_NAME,
} from '../../genai/semconv.js';
import type { Verdict } from '../sampling/tail-sampler.js';
import { withThreshold } from '../sampling/threshold.js';
import { type Cleaner, databaseOf } from './cleaner.js';

/**
 * A finished span on its way out: cleaned, with what is said of its sampling. What is costly is done when an exporter reads
 * it, and not in the path of the call whose span has ended.
 *
 * All of it are own properties that can be set, as those of the SDK's spans are: processors of the app copy spans, wrap them and
 * change them. What they set is set here only, for them and those behind them.
 */
export class OutgoingSpan implements ReadableSpan {
  declare name: string;
  declare attributes: Attributes;
  declare events: ReadableSpan['events'];
  declare links: ReadableSpan['links'];
  declare status: SpanStatus;
  readonly spanContext: () => SpanContext;
  readonly kind: ReadableSpan['kind'];
  // Optional in the interface, where it may not be there as `undefined`.
  readonly parentSpanContext: SpanContext;
  readonly startTime: ReadableSpan['startTime'];
  readonly endTime: ReadableSpan['endTime'];
  readonly duration: ReadableSpan['duration'];
  readonly ended: boolean;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;

  constructor(span: ReadableSpan, cleaner: Cleaner, verdict: Verdict) {
    this.kind = span.kind;
    this.parentSpanContext = span.parentSpanContext as SpanContext;
    this.startTime = span.startTime;
    this.endTime = span.endTime;
    this.duration = span.duration;
    this.ended = span.ended;
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.droppedAttributesCount = span.droppedAttributesCount;
    this.droppedEventsCount = span.droppedEventsCount;
    this.droppedLinksCount = span.droppedLinksCount;
    let context: SpanContext | undefined;
    this.spanContext = () => {
      context ??= exported(span.spanContext(), verdict);
      return context;
    };
    const { name: scope } = span.instrumentationScope;
    const system = () => databaseOf(span.attributes);
    lazily(this, 'name', () => cleaner.text(span.name, scope, span.attributes));
    lazily(this, 'attributes', () => ({
      ...cleaner.attributes(span.attributes, scope, span.kind),
      ...cleaner.attributes(told(verdict), SCOPE_NAME),
    }));
    lazily(this, 'events', () =>
      span.events.map((event) => ({
        ...event,
        name: cleaner.text(event.name, scope, span.attributes),
        ...(event.attributes && { attributes: cleaner.attributes(event.attributes, scope, span.kind, system()) }),
      })),
    );
    lazily(this, 'links', () =>
      span.links.map((link) =>
        link.attributes
          ? { ...link, attributes: cleaner.attributes(link.attributes, scope, span.kind, system()) }
          : link,
      ),
    );
    lazily(this, 'status', () => {
      const { status } = span;
      return status.message ? { ...status, message: cleaner.text(status.message, scope, span.attributes) } : status;
    });
  }
}

/** An own property that is made when it is first read. Without `this`, so that a Proxy or an heir of the span reads it too. */
function lazily<T extends object, K extends keyof T>(target: T, key: K, make: () => T[K]): void {
  let made = false;
  let value: T[K];
  Object.defineProperty(target, key, {
    enumerable: true,
    configurable: true,
    get: () => {
      if (!made) {
        value = make();
        made = true;
      }
      return value;
    },
    set: (given: T[K]) => {
      value = given;
      made = true;
    },
  });
}

/**
 * Marked as sampled, as all that is exported; the flag that was propagated said what was known then. What a rule kept was
 * certain to be, whatever ratio it met on its way.
 */
function exported(context: SpanContext, { threshold, isDropped }: Verdict): SpanContext {
  if (isDropped) return { ...context, traceFlags: TraceFlags.NONE };
  const traceFlags = context.traceFlags | TraceFlags.SAMPLED;
  if (threshold === undefined) return { ...context, traceFlags };
  const traceState = withThreshold(context.traceState, threshold);
  return { ...context, traceFlags, ...(traceState && { traceState }) };
}

/** What a back end needs to weigh a span. */
function told({ weight, kept, leftOut }: Verdict): Attributes {
  return {
    ...(weight !== undefined && { [ATTR_ANNOTEL_SAMPLING_WEIGHT]: weight }),
    ...(kept !== undefined && { [ATTR_ANNOTEL_SAMPLING_KEPT]: kept }),
    ...(leftOut !== undefined && { [ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT]: leftOut }),
  };
}
