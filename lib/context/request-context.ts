import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes, Baggage, BaggageEntry, Context } from '@opentelemetry/api';
import * as semconv from '../genai/semconv.js';
import { context, createContextKey, propagation } from '../otel.js';
import { safely, warnOnce } from '../safely.js';

/** On whose behalf, and for what, the app is working. Each value is a text of 1 to 256 characters. */
export interface RequestContext {
  /** `annotel.tenant.id`. */
  readonly tenantId?: string;
  /** `user.id`. */
  readonly userId?: string;
  /** `session.id`: the session of a client app. */
  readonly sessionId?: string;
  /** `gen_ai.conversation.id`: the thread of a chat. A call that tells its own keeps it. */
  readonly conversationId?: string;
  /** `annotel.feature.id`: what the app is used for, such as `search` or `summary`. */
  readonly featureId?: string;
  /** `annotel.request.id`: the app's own id of the request, where it has one beside the trace id. */
  readonly requestId?: string;
}

const ATTRIBUTE_NAMES: Readonly<Record<keyof RequestContext, string>> = {
  tenantId: semconv.ATTR_ANNOTEL_TENANT_ID,
  userId: semconv.ATTR_USER_ID,
  sessionId: semconv.ATTR_SESSION_ID,
  conversationId: semconv.ATTR_GEN_AI_CONVERSATION_ID,
  featureId: semconv.ATTR_ANNOTEL_FEATURE_ID,
  requestId: semconv.ATTR_ANNOTEL_REQUEST_ID,
};
const LONGEST = 256;

/** The values, and the attributes that they are: made once, read by every call. */
interface Scope {
  readonly values: RequestContext;
  readonly attributes: Attributes;
}

const NOTHING: Scope = { values: Object.freeze({}), attributes: {} };
const SCOPE = createContextKey('annotel.request-context');

/** Keeps the values where nobody registered a context manager, so that an app may read them with telemetry turned off. */
const unmanaged = new AsyncLocalStorage<Scope>();
let anyUnmanaged = false;

/**
 * Runs `fn` on behalf of a tenant, user, session, conversation, feature or request. The values become attributes of the spans
 * and log records of all decorated calls that are made in `fn`, also later and asynchronously. Of metrics they become
 * dimensions only where `ANNOTEL_METRIC_CONTEXT` says so. A call inside another adds to its values, and replaces those that
 * both give. What is `undefined` is as if left out; a value that cannot be used is left out with one warning.
 *
 * @returns what `fn` returns, as it is: sync stays sync
 * @throws only what `fn` throws
 *
 * @example
 * ```ts
 * const answer = await withRequestContext({ tenantId: 'acme', conversationId: chat.id }, () => chat.reply(question));
 * ```
 */
export function withRequestContext<R>(values: RequestContext, fn: () => R): R {
  const scope = safely('reading a request context', () => extended(scopeIn(context.active()) ?? NOTHING, values));
  if (!scope) return fn();
  return context.with(context.active().setValue(SCOPE, scope), () => {
    if (context.active().getValue(SCOPE) === scope) return fn();
    anyUnmanaged = true;
    return unmanaged.run(scope, fn);
  });
}

/** What {@link withRequestContext} was given around the code that is running; an empty object outside of it. Frozen. */
export function requestContext(): RequestContext {
  return safely('finding the request context', () => scopeIn(context.active()))?.values ?? NOTHING.values;
}

/** Adds the request context that a call is made in to its attributes. What the call says of itself stands. */
export function addRequestContext(bag: Attributes, parent: Context): void {
  const attributes = scopeIn(parent)?.attributes;
  for (const name in attributes) bag[name] ??= attributes[name];
}

/** The request context in `parent` as attributes, frozen; `undefined` where there is none. */
export function requestContextAttributes(parent: Context): Attributes | undefined {
  return scopeIn(parent)?.attributes;
}

/**
 * The baggage of `parent` and its request context in one, for those who may know both. An entry is named as the attribute is;
 * the request context wins over what the app's own baggage says under such a name, and stands first.
 *
 * @returns `undefined` where neither is set
 */
export function baggageOf(parent: Context): Baggage | undefined {
  const own = propagation.getBaggage(parent);
  const attributes = Object.entries(requestContextAttributes(parent) ?? {});
  if (attributes.length === 0) return own;
  const entries = new Map<string, BaggageEntry>(attributes.map(([name, value]) => [name, { value: String(value) }]));
  for (const [name, entry] of own?.getAllEntries() ?? []) if (!entries.has(name)) entries.set(name, entry);
  return propagation.createBaggage(Object.fromEntries(entries));
}

/**
 * A context in which the request context has what the baggage of `parent` says of it, for baggage that is trusted. Left out are
 * values that {@link withRequestContext} would leave out, and those with control characters.
 */
export function withTrustedBaggage(parent: Context): Context {
  const baggage = propagation.getBaggage(parent);
  const values: Record<string, string> = {};
  for (const [key, name] of Object.entries(ATTRIBUTE_NAMES)) {
    const value = baggage?.getEntry(name)?.value;
    if (isUsable(value) && !/\p{Cc}/u.test(value)) values[key] = value;
  }
  if (Object.keys(values).length === 0) return parent;
  return parent.setValue(SCOPE, extended(scopeIn(parent) ?? NOTHING, values));
}

/**
 * What `read` makes of `parent`. A request context that it finds takes the place of the one in `parent` as a whole: values of two
 * requests are not mixed.
 */
export function withOneRequestContext(parent: Context, read: (parent: Context) => Context): Context {
  const scope = parent.getValue(SCOPE);
  if (scope === undefined) return read(parent);
  const found = read(parent.deleteValue(SCOPE));
  return found.getValue(SCOPE) === undefined ? found.setValue(SCOPE, scope) : found;
}

function scopeIn(parent: Context): Scope | undefined {
  const scope = parent.getValue(SCOPE) as Scope | undefined;
  return scope ?? (anyUnmanaged ? unmanaged.getStore() : undefined);
}

function extended(outer: Scope, given: RequestContext): Scope {
  const values: Record<string, string> = { ...outer.values };
  const attributes: Attributes = { ...outer.attributes };
  for (const [key, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue;
    if (!Object.hasOwn(ATTRIBUTE_NAMES, key)) {
      warnOnce(`withRequestContext() knows ${Object.keys(ATTRIBUTE_NAMES).join(', ')}; other keys are left out`);
    } else if (!isUsable(value)) {
      warnOnce(`withRequestContext(): ${key} must be a text of 1 to ${LONGEST} characters; it is left out`);
    } else {
      values[key] = value;
      attributes[ATTRIBUTE_NAMES[key as keyof RequestContext]] = value;
    }
  }
  return { values: Object.freeze(values), attributes: Object.freeze(attributes) };
}

function isUsable(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST;
}
