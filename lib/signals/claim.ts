import {
  type Attributes,
  type Context,
  createContextKey,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import { layer } from './layered-context.js';

/**
 * A call in flight that stands for one logical operation, such as a model call. However many layers below it see the same
 * thing (a client that traces itself, a framework, another decorated method), it is recorded once, by the claim's holder;
 * the layers tell it what they know.
 */
export interface Claim {
  /** `false` once the call has ended; then the claim stands for nothing any more. */
  readonly isOpen: boolean;
  readonly spanContext: SpanContext;
  /**
   * Takes what a layer below learned, or takes the call for. What the holder was told by its own method or reads of its own
   * answer beats it.
   */
  tell(attributes: Attributes): void;
}

const CLAIM = createContextKey('annotel.claim');

interface Claimed {
  readonly operation: string;
  readonly claim: Claim;
}

/** Spans that stand in for those of layers below a claim's holder, and what such a span hands on. */
const standIns = new WeakMap<Span, StandIn>();
/** Spans of other GenAI operations started below a holder, such as a tool that the model asked for, and all below them. */
const outside = new WeakSet<Span>();

/** A layer below the holder of a claim: what runs below it tells it instead of the holder. */
export interface StandIn extends Claim {
  readonly holder: Claim;
}

/** `context`, in which the operation of this name is recorded by `claim` already. */
export function withClaim(context: Context, operation: string, claim: Claim): Context {
  return layer(context, CLAIM, { operation, claim } satisfies Claimed);
}

/** `context` for a new logical operation: a claim above it does not cover what runs in there. */
export function withoutClaim(context: Context): Context {
  return context.getValue(CLAIM) === undefined ? context : layer(context, CLAIM, undefined);
}

/** The open claim that covers `context`, if it is one for `operation`. */
export function claimOf(context: Context, isSame: (operation: string) => boolean): Claim | undefined {
  const claimed = openClaim(context);
  if (!claimed || !isSame(claimed.operation)) return undefined;
  const active = trace.getSpan(context);
  if (active === undefined || isOf(active, claimed.claim)) {
    const standIn = active && standIns.get(active);
    return standIn?.isOpen && standIn.holder === claimed.claim ? standIn : claimed.claim;
  }
  return outside.has(active) ? undefined : claimed.claim;
}

/** The claim in `context`, if its holder is in flight, and whether another GenAI operation stands between. */
export function openClaim(context: Context): Claimed | undefined {
  const claimed = context.getValue(CLAIM) as Claimed | undefined;
  return claimed?.claim.isOpen ? claimed : undefined;
}

/** Whether another GenAI operation stands between the holder of a claim and what runs in `context`. */
export function isOutside(context: Context, claim: Claim): boolean {
  const active = trace.getSpan(context);
  return active !== undefined && !isOf(active, claim) && outside.has(active);
}

/** What runs below `span` is of another operation than the claim that it was started in. */
export function leaveClaim(span: Span): void {
  outside.add(span);
}

/** What runs below `span` is told to `standIn`. */
export function standsIn(span: Span, standIn: StandIn): void {
  standIns.set(span, standIn);
}

/** Whether a span is the one of the claim's holder, or stands in for it. */
function isOf(span: Span, claim: Claim): boolean {
  return span.spanContext().spanId === claim.spanContext.spanId;
}
