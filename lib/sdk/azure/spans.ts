import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import * as semconv from '../../genai/semconv.js';
import { keepingAll } from './attributes.js';
import { completeUrl, describeDependency, isHttp } from './dependency.js';
import { mainAgentOf } from './main-agent.js';
import type { SpanMemory } from './span-memory.js';

/** Percent of all spans that this one was sampled from; Azure counts it as 100 over that. */
const SAMPLE_RATE = 'microsoft.sample_rate';
/** Not a dimension: it becomes the name of the request and of its operation. */
const OPERATION_NAME = 'ai.operation.name';

/** A finished span as the Azure exporter should see it; the span itself goes to other exporters too and stays as it is. */
export function adaptSpan(span: ReadableSpan, memory: SpanMemory): ReadableSpan {
  const { kind, events } = span;
  const context = span.spanContext();
  const original = span.attributes;
  const attributes = keepingAll(original, isHttp(original) ? 'url' : undefined);
  if (kind === SpanKind.SERVER) completeUrl(attributes);
  // The exporter names only what a server received.
  if (kind === SpanKind.CONSUMER) attributes[OPERATION_NAME] ??= span.name;
  describeDependency(attributes, kind);
  Object.assign(attributes, memory.mainAgent(context.spanId) ?? ownMainAgent(original));
  const count = itemCount(original[semconv.ATTR_ANNOTEL_SAMPLING_WEIGHT], context.traceId);
  if (count > 1) attributes[SAMPLE_RATE] = 100 / count;
  const logged = memory.loggedEvents(context.spanId);
  return {
    name: span.name,
    kind,
    spanContext: () => context,
    // May be undefined, which the interface does not say.
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: span.status,
    attributes,
    links: span.links,
    // What is told by a log record too would be counted twice.
    events: events.filter(({ name }) => !logged?.has(name)).map(adaptEvent),
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** The exporter writes "undefined" where an exception has no type or stack. */
function adaptEvent(event: ReadableSpan['events'][number]): ReadableSpan['events'][number] {
  if (event.name !== semconv.EVENT_EXCEPTION) {
    return event.attributes ? { ...event, attributes: keepingAll(event.attributes) } : event;
  }
  const blank = { [semconv.ATTR_EXCEPTION_TYPE]: semconv.ERROR_TYPE_OTHER, [semconv.ATTR_EXCEPTION_STACKTRACE]: '' };
  return { ...event, attributes: { ...blank, ...event.attributes } };
}

/** An agent that none stands above is its own main agent. */
function ownMainAgent(attributes: Attributes): Attributes | undefined {
  return attributes[semconv.ATTR_GEN_AI_OPERATION_NAME] === semconv.OPERATION_INVOKE_AGENT
    ? mainAgentOf(attributes)
    : undefined;
}

/**
 * Azure knows whole counts only. A weight between two is rounded to either, by bits of the trace id that no sampler reads, so
 * that all spans of a trace count the same and the sum over many traces comes out right.
 */
export function itemCount(weight: unknown, traceId: string): number {
  if (typeof weight !== 'number' || !(weight > 1) || !Number.isFinite(weight)) return 1;
  const whole = Math.floor(weight);
  const chance = Number.parseInt(traceId.slice(10, 18), 16) / 2 ** 32;
  return chance < weight - whole ? whole + 1 : whole;
}
