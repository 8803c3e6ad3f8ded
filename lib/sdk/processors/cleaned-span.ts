import { type Attributes, type SpanContext, type SpanStatus, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_ANNOTEL_SAMPLING_KEPT,
  ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT,
  ATTR_ANNOTEL_SAMPLING_WEIGHT,
  SCOPE_NAME,
} from '../../genai/semconv.js';
import { type Cleaner, databaseOf } from '../../privacy/cleaning/cleaner.js';
import type { SpanDecision } from '../sampling/tail-sampler.js';
import { withThreshold } from '../sampling/threshold.js';

/** What of a span may have to be cleaned. */
type Texts = Pick<ReadableSpan, 'name' | 'attributes' | 'events' | 'links' | 'status'>;

/** A finished span as it may leave: the very span where nothing of it has to be changed. */
export function cleanedForExport(span: ReadableSpan, cleaner: Cleaner, decision: SpanDecision): ReadableSpan {
  const texts = cleaner.concerns(span.instrumentationScope.name) ? cleaned(span, cleaner) : span;
  if (texts === span && isPlain(span.spanContext(), decision)) return span;
  return new CleanedSpan(span, cleaner, decision, texts);
}

/**
 * A finished span on its way out: cleaned, with the attributes of its sampling.
 *
 * All of it are own properties that can be set, as those of the SDK's spans are: processors of the app copy spans, wrap them and
 * change them. What they set is set here only, for them and those behind them. They are plain values, since getters of its own
 * would make each span several times as large, and slow to serialise.
 */
export class CleanedSpan implements ReadableSpan {
  name: string;
  attributes: Attributes;
  events: ReadableSpan['events'];
  links: ReadableSpan['links'];
  status: SpanStatus;
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

  constructor(span: ReadableSpan, cleaner: Cleaner, decision: SpanDecision, texts: Texts = cleaned(span, cleaner)) {
    const context = exported(span.spanContext(), decision);
    const sampling = cleaner.attributes(samplingAttributes(decision), SCOPE_NAME);
    this.name = texts.name;
    this.kind = span.kind;
    this.spanContext = () => context;
    this.parentSpanContext = span.parentSpanContext as SpanContext;
    this.startTime = span.startTime;
    this.endTime = span.endTime;
    this.status = texts.status;
    this.attributes = { ...texts.attributes, ...sampling };
    this.links = texts.links;
    this.events = texts.events;
    this.duration = span.duration;
    this.ended = span.ended;
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.droppedAttributesCount = span.droppedAttributesCount;
    this.droppedEventsCount = span.droppedEventsCount;
    this.droppedLinksCount = span.droppedLinksCount;
  }
}

/** The texts of a span as they may leave; the very span where all of them may. */
function cleaned(span: ReadableSpan, cleaner: Cleaner): Texts {
  const { kind, instrumentationScope } = span;
  const { name: scope } = instrumentationScope;
  const system = databaseOf(span.attributes);
  const name = cleaner.text(span.name, scope, span.attributes);
  const attributes = cleaner.attributes(span.attributes, scope, kind, system);
  const events =
    span.events.length === 0
      ? span.events
      : span.events.map((event) => ({
          ...event,
          name: cleaner.text(event.name, scope, span.attributes),
          ...(event.attributes && { attributes: cleaner.attributes(event.attributes, scope, kind, system) }),
        }));
  const links =
    span.links.length === 0
      ? span.links
      : span.links.map((link) =>
          link.attributes ? { ...link, attributes: cleaner.attributes(link.attributes, scope, kind, system) } : link,
        );
  const { message } = span.status;
  const status = message ? { ...span.status, message: cleaner.text(message, scope, span.attributes) } : span.status;
  const isSame =
    name === span.name &&
    attributes === span.attributes &&
    events === span.events &&
    links === span.links &&
    status === span.status;
  return isSame ? span : { name, attributes, events, links, status };
}

/** Whether the context of a span leaves as it is, and no attribute of its sampling is added. */
function isPlain({ traceFlags }: SpanContext, { weight, threshold, kept, leftOut, isDropped }: SpanDecision): boolean {
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  const hasNone = weight === undefined && threshold === undefined && kept === undefined && leftOut === undefined;
  return isSampled && hasNone && isDropped === undefined;
}

/**
 * Marked as sampled, as all that is exported; the flag that was propagated said what was known then. What a rule kept was
 * certain to be, whatever ratio it met on its way.
 */
function exported(context: SpanContext, { threshold, isDropped }: SpanDecision): SpanContext {
  if (isDropped) return { ...context, traceFlags: TraceFlags.NONE };
  const traceFlags = context.traceFlags | TraceFlags.SAMPLED;
  if (threshold === undefined) return { ...context, traceFlags };
  const traceState = withThreshold(context.traceState, threshold);
  return { ...context, traceFlags, ...(traceState && { traceState }) };
}

/** What a back end needs to weigh a span. */
function samplingAttributes({ weight, kept, leftOut }: SpanDecision): Attributes {
  return {
    ...(weight !== undefined && { [ATTR_ANNOTEL_SAMPLING_WEIGHT]: weight }),
    ...(kept !== undefined && { [ATTR_ANNOTEL_SAMPLING_KEPT]: kept }),
    ...(leftOut !== undefined && { [ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT]: leftOut }),
  };
}
