import type { Context, TextMapGetter } from '@opentelemetry/api';
import { context, propagation } from '../otel.js';
import { safely } from '../safely.js';
import { withOneRequestContext } from './request-context.js';

// On globalThis, so that the app and a preload see one state whatever copy they load. Weak: a carrier is not held.
const PEERS = Symbol.for('annotel.carriers');
const holder = globalThis as { [PEERS]?: WeakMap<object, string> };
holder[PEERS] ??= new WeakMap();
const peers = holder[PEERS];

/**
 * Says through which host the headers of a message go or came: a broker, or whatever else is no HTTP request, where nothing but
 * the app can know it. The request context goes into them, and is believed from them, where `ANNOTEL_PROPAGATE_CONTEXT` lists
 * that host; without this it does neither.
 *
 * ```ts
 * const headers = injectContext(carrierVia('rabbitmq.internal', {}));
 *
 * @Consumer({ system: 'rabbitmq', destination: 'jobs', carrier: (m) => carrierVia('rabbitmq.internal', m.properties.headers) })
 * ```
 *
 * @param host as the list may name it: `rabbitmq.internal`, `10.0.0.7` or with a port, `rabbitmq.internal:5672`
 * @returns `carrier`, the same object
 */
export function carrierVia<Carrier extends object | null | undefined>(host: string, carrier: Carrier): Carrier {
  if (typeof host === 'string' && typeof carrier === 'object' && carrier !== null) peers.set(carrier, host);
  return carrier;
}

/**
 * Writes the context that is running into the headers of a message: the trace, by whichever propagators are registered, and to
 * hosts that are trusted the request context (see {@link carrierVia}). Where no SDK is registered nothing is written. Never
 * throws.
 *
 * @returns `carrier`, the same object
 *
 * @example
 * ```ts
 * await queue.add('resize', { image, headers: injectContext() });
 * await producer.send({ topic, messages: [{ value, headers: injectContext(carrierVia('kafka.internal', {})) }] });
 * ```
 */
export function injectContext<Carrier extends object = Record<string, string>>(
  carrier: Carrier = {} as Carrier,
): Carrier {
  safely('writing the context into a carrier', () => propagation.inject(context.active(), carrier));
  return carrier;
}

/** `parent`, with what the headers of a message say in place of its own trace, baggage and request context. */
export function extractContext(parent: Context, carrier: object): Context {
  return (
    safely('reading the context from a carrier', () =>
      withOneRequestContext(parent, (bare) => propagation.extract(bare, carrier, HEADERS)),
    ) ?? parent
  );
}

/** Clients hand headers out as texts, as bytes, or as lists of either. */
const HEADERS: TextMapGetter<object> = {
  keys: (carrier) => Object.keys(carrier),
  get(carrier, key) {
    const value = (carrier as Record<string, unknown>)[key];
    return Array.isArray(value) ? value.map(textOf).filter((text) => text !== undefined) : textOf(value);
  },
};

function textOf(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  return typeof value === 'string' ? value : undefined;
}

/** The host that {@link carrierVia} was told of this carrier. */
export function peerOf(carrier: unknown): string | undefined {
  return typeof carrier === 'object' && carrier !== null ? peers.get(carrier) : undefined;
}
