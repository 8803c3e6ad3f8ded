import { type Attributes, type Context, createContextKey, type SpanContext } from '@opentelemetry/api';

/**
 * A call in flight that stands for one logical operation, such as a model call. However many layers below it see the same
 * thing (a client that traces itself, a framework, another decorated method), it is recorded once, by the claim's holder;
 * the layers tell it what they know.
 */
export interface Claim {
  /** `false` once the call has ended; then the claim stands for nothing any more. */
  readonly isOpen: boolean;
  readonly spanContext: SpanContext;
  /** Takes what a layer below learned. What the call's own answer says beats it. */
  tell(attributes: Attributes): void;
}

const CLAIM = createContextKey('annotel.claim');

interface Claimed {
  readonly operation: string;
  readonly claim: Claim;
}

/** `context`, in which the operation of this name is recorded by `claim` already. */
export function withClaim(context: Context, operation: string, claim: Claim): Context {
  return context.setValue(CLAIM, { operation, claim } satisfies Claimed);
}

/** `context` for a new logical operation: a claim above it does not cover what runs in there. */
export function withoutClaim(context: Context): Context {
  return context.getValue(CLAIM) === undefined ? context : context.deleteValue(CLAIM);
}

/** The open claim that covers `context`, if it is one for `operation`. */
export function claimOf(context: Context, isSame: (operation: string) => boolean): Claim | undefined {
  const claimed = context.getValue(CLAIM) as Claimed | undefined;
  return claimed?.claim.isOpen && isSame(claimed.operation) ? claimed.claim : undefined;
}
