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
 * propagation.inject(context.active(), carrierVia('rabbitmq.internal', message.headers));
 * const received = propagation.extract(ROOT_CONTEXT, carrierVia('rabbitmq.internal', message.headers));
 * ```
 *
 * @param host as the list may name it: `rabbitmq.internal`, `10.0.0.7` or with a port, `rabbitmq.internal:5672`
 * @returns `carrier`, the same object
 */
export function carrierVia<Carrier extends object>(host: string, carrier: Carrier): Carrier {
  if (typeof host === 'string' && typeof carrier === 'object' && carrier !== null) peers.set(carrier, host);
  return carrier;
}

/** The host that {@link carrierVia} was told of this carrier. */
export function peerOf(carrier: unknown): string | undefined {
  return typeof carrier === 'object' && carrier !== null ? peers.get(carrier) : undefined;
}
