import type { Context, Span } from '@opentelemetry/api';
import type { Owner } from '../../call/operation.js';
import { layer } from '../../context/layered-context.js';
import { createTraceKey } from '../../context/own-trace.js';
import { trace } from '../../otel.js';

/*
 * Who records a call: of several layers that see the same model call (a client that traces itself, a framework, another
 * decorated method) only the outermost decorated one, its owner, has a span. The owner stands in the context.
 */

const OWNER = createTraceKey('annotel.owner');

interface Owned {
  readonly operation: string;
  readonly owner: Owner;
}

/** Spans that are handed out in place of those of layers below an owner, and who such a span adds to. */
const layers = new WeakMap<Span, Layer>();
/** Spans of other GenAI operations started below an owner, such as a tool that the model asked for, and all below them. */
const outside = new WeakSet<Span>();

/** A layer below the owner: what runs below it adds to it, and it to the owner. */
export interface Layer extends Owner {
  readonly owner: Owner;
}

/** `context`, in which the operation of this name is recorded by `owner` already. */
export function withOwner(context: Context, operation: string, owner: Owner): Context {
  return layer(context, OWNER, { operation, owner } satisfies Owned);
}

/** `context` for a new logical operation: what runs in there is not the owner's above it. */
export function withoutOwner(context: Context): Context {
  return context.getValue(OWNER) === undefined ? context : layer(context, OWNER, undefined);
}

/** Who what runs in `context` adds to, if the owner there records an operation that is the same. */
export function ownerOf(context: Context, isSame: (operation: string) => boolean): Owner | undefined {
  const owned = openOwner(context);
  if (!owned || !isSame(owned.operation)) return undefined;
  const active = trace.getSpan(context);
  if (active === undefined || isOf(active, owned.owner)) {
    const between = active && layers.get(active);
    return between?.isOpen && between.owner === owned.owner ? between : owned.owner;
  }
  return outside.has(active) ? undefined : owned.owner;
}

/** The owner in `context`, if it is in flight, and the operation that it records. */
export function openOwner(context: Context): Owned | undefined {
  const owned = context.getValue(OWNER) as Owned | undefined;
  return owned?.owner.isOpen ? owned : undefined;
}

/** Whether another GenAI operation stands between the owner and what runs in `context`. */
export function isOutside(context: Context, owner: Owner): boolean {
  const active = trace.getSpan(context);
  return active !== undefined && !isOf(active, owner) && outside.has(active);
}

/** What runs below `span` is of another operation than the owner that it was started below. */
export function leaveOwner(span: Span): void {
  outside.add(span);
}

/** What runs below `span` adds to `below`. */
export function addsTo(span: Span, below: Layer): void {
  layers.set(span, below);
}

/** Whether a span is the owner's, or one that was handed out in its place. */
function isOf(span: Span, owner: Owner): boolean {
  return span.spanContext().spanId === owner.spanContext.spanId;
}
