import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { context } from '../../otel.js';
import { safely } from '../../safely.js';
import * as semconv from '../semconv.js';
import { AbsorbedSpan } from './absorbed-span.js';
import { isOutside, leaveOwner, openOwner, ownerOf } from './owner.js';
import { providerOfTracer, replaceMethod } from './sdk-internals.js';

/*
 * A decorated model call is *the* model call, and clients, frameworks and instrumentations below it make spans of
 * their own for it: the same call and its tokens would be counted twice or more. Whether one of them does cannot be told from
 * outside, their tracers may be older than the first decorated call, and a span, once started, cannot be taken back. The one
 * place that all of them pass is the `startSpan` of the tracers of the provider that the app registered. It is replaced there,
 * on the prototype, once: whoever registers the SDK, and in whatever order, below an owner it hands out an `AbsorbedSpan`.
 */

type StartSpan = Tracer['startSpan'];

/** What the tracers of the registered provider have in common, and those of other providers have not. */
let registered: unknown;
/** Whether the span that is being started is annotel's own. */
let own = false;

/**
 * Lets owners absorb what other layers record through the provider of this tracer, from now on.
 *
 * @returns the tracer for annotel's own spans, which are what they say they are
 */
export function absorbForeignSpans(tracer: Tracer): Tracer {
  safely('looking for foreign spans', () => {
    registered = providerOfTracer(tracer);
    // Tracers of the API itself only pass on: those they pass on to are the ones to follow.
    if (!API_TRACERS.has(tracer.constructor?.name)) replaceMethod(tracer, 'startSpan', absorbing);
  });
  return {
    startSpan(name, options, parent) {
      own = true;
      try {
        return tracer.startSpan(name, options, parent);
      } finally {
        own = false;
      }
    },
    startActiveSpan: (...args: unknown[]) => Reflect.apply(tracer.startActiveSpan, tracer, args),
  };
}

const API_TRACERS = new Set(['ProxyTracer', 'NoopTracer']);

function absorbing(original: StartSpan): StartSpan {
  return function startSpan(this: Tracer, name: string, options?: SpanOptions, explicit?: Context): Span {
    const mine = own;
    // Span processors may start spans, too.
    own = false;
    const parent = explicit ?? context.active();
    const absorbed = safely('absorbing a span', () => absorb(this, mine, options, parent));
    if (absorbed instanceof AbsorbedSpan) return absorbed;
    const span = Reflect.apply(original, this, [name, options, parent]);
    if (absorbed === OUTSIDE) leaveOwner(span);
    return span;
  };
}

/** Says that a span is started as it is, but that what runs below it is of another call. */
const OUTSIDE = Symbol('outside');

function absorb(
  tracer: Tracer,
  mine: boolean,
  options: SpanOptions | undefined,
  parent: Context,
): AbsorbedSpan | typeof OUTSIDE | undefined {
  const owned = openOwner(parent);
  if (!owned || providerOfTracer(tracer) !== registered) return undefined;
  if (isOutside(parent, owned.owner)) return OUTSIDE;
  const attributes = options?.attributes;
  const operation = attributes && operationOf(attributes);
  if (operation === undefined) return undefined;
  if (mine || !isPartOf(operation, owned.operation)) return OUTSIDE;
  const above = ownerOf(parent, () => true);
  return above && new AbsorbedSpan(owned.owner, above, attributes as Attributes);
}

/** Spans that frameworks put around the model calls of one call to them. */
const WRAPPERS = new Set<string>([semconv.OPERATION_INVOKE_AGENT, 'agent_step']);

/** Whether a span of one operation is about the same call as the owner of another, or about a part of it. */
export function isPartOf(operation: string, owned: string): boolean {
  if (!semconv.isInference(owned)) return operation === owned;
  return semconv.isInference(operation) || WRAPPERS.has(operation);
}

/** What a span says it is. The older telemetry of the Vercel AI SDK has names of its own for it. */
function operationOf(attributes: Attributes): string | undefined {
  const operation = attributes[semconv.ATTR_GEN_AI_OPERATION_NAME];
  if (typeof operation === 'string') return operation;
  const id = attributes['ai.operationId'];
  if (typeof id !== 'string') return undefined;
  if (/^ai\.embed/.test(id)) return semconv.OPERATION_EMBEDDINGS;
  if (/^ai\.(generate|stream)(Text|Object)\.do/.test(id)) return semconv.OPERATION_CHAT;
  return /^ai\.(generate|stream)(Text|Object)$/.test(id) ? semconv.OPERATION_INVOKE_AGENT : id;
}
