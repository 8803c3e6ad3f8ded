import type { ModulesContainer } from '@nestjs/core';
import type { Context } from '@opentelemetry/api';
import { Observable } from 'rxjs';
import { originOfMessage } from '../../lib/call/messaging.js';
import type { Origin } from '../../lib/call/operation.js';
import { linksTo } from '../../lib/call/options.js';
import { activeSignals } from '../../lib/call/signals.js';
import { type AnyFunction, observedAs } from '../../lib/call/wrap.js';
import { carrierVia } from '../../lib/index.js';
import { context, createContextKey, SpanKind, trace } from '../../lib/otel.js';
import { safely } from '../../lib/safely.js';
import { observeCall } from '../observation.js';
import { TelemetryInterceptor } from '../telemetry.interceptor.js';
import { GrpcMessageCall, MessageCall } from './message-call.js';
import { eventOperation, GRPC, OTHER_TRANSPORT, requestOperation, TRANSPORTS } from './message-operations.js';
import { peerHostOf } from './server-address.js';

/** Under which `@nestjs/microservices` keeps the decorators of a handler, on the handler. */
const PATTERN = 'microservices:pattern';
const EXTRAS = 'microservices:pattern_extras';
const INTERCEPTORS = '__interceptors__';

/** What is used of a server of `@nestjs/microservices`; all of it may be missing from one of the app's own. */
interface MessageServer {
  readonly transportId?: unknown;
  readonly options?: unknown;
  deserializer?: Deserializer;
  addHandler(pattern: unknown, callback: AnyFunction, ...rest: unknown[]): unknown;
  handleMessage?(...args: unknown[]): unknown;
  normalizePattern?(pattern: unknown): string;
}
interface Deserializer {
  deserialize(...args: unknown[]): unknown;
}
type Controllers = Iterable<[controller: object, handlers: Map<string, object>]>;

/**
 * Observes the handlers of messages in an app: those of microservices that stand alone and of those that are connected to another
 * app, with and without its enhancers. Has to come before Nest creates the servers, which it then announces to
 * `ModulesContainer`.
 */
export function watchMicroservices(modules: ModulesContainer, controllers: Controllers): void {
  const names = new WeakMap<object, HandlerNames>();
  for (const [controller, handlers] of controllers) {
    for (const [key, handler] of handlers)
      safely('finding handlers of messages', () => watchHandler(controller, key, handler, names));
  }
  modules.getRpcTargetRegistry<MessageServer>().subscribe((server) => {
    safely('watching a microservice', () => watchServer(server, names));
  });
}

interface HandlerNames {
  readonly method: string;
  /** Has a decorator that makes the span of the message. */
  readonly isConsumer: boolean;
}

const interceptor = new TelemetryInterceptor();

/** The app's enhancers may not be those of the microservice: the interceptor stands on the handler itself, innermost. */
function watchHandler(controller: object, key: string, handler: object, names: WeakMap<object, HandlerNames>): void {
  if (typeof handler !== 'function' || !Reflect.hasMetadata(PATTERN, handler)) return;
  const interceptors: unknown[] = Reflect.getMetadata(INTERCEPTORS, handler) ?? [];
  if (!interceptors.includes(interceptor))
    Reflect.defineMetadata(INTERCEPTORS, [...interceptors, interceptor], handler);
  const extras = Reflect.getMetadata(EXTRAS, handler);
  const kind = observedAs(handler as AnyFunction)?.operation.kind;
  const isConsumer = kind === SpanKind.CONSUMER || kind === SpanKind.SERVER;
  // Each handler has an object of its own there, which Nest hands to the server with what it makes of the handler.
  if (typeof extras === 'object' && extras !== null)
    names.set(extras, { method: `${(controller as { name: string }).name}.${key}`, isConsumer });
}

const watchedServers = new WeakSet<object>();

function watchServer(server: MessageServer, names: WeakMap<object, HandlerNames>): void {
  if (typeof server?.addHandler !== 'function' || watchedServers.has(server)) return;
  watchedServers.add(server);
  const { addHandler, handleMessage, deserializer } = server;
  server.addHandler = function (this: MessageServer, pattern, callback, ...rest) {
    const [isEvent, extras] = rest;
    const known = typeof extras === 'object' && extras !== null ? names.get(extras) : undefined;
    const handler = safely('watching a handler of messages', () =>
      watchedHandler(server, pattern, callback, isEvent === true, known),
    );
    return Reflect.apply(addHandler, this, [pattern, handler ?? callback, ...rest]);
  };
  if (typeof handleMessage !== 'function' || typeof deserializer?.deserialize !== 'function') return;
  server.handleMessage = function (this: MessageServer, ...args) {
    return context.with(context.active().setValue(RECEIVED, {}), handleMessage, this, ...args);
  };
  server.deserializer = Object.create(deserializer, {
    deserialize: { value: (...args: unknown[]) => noted(deserializer.deserialize(...args)) },
  });
}

/** What a server has received, in the context that it handles it in: its handlers get no more than the data of it. */
const RECEIVED = createContextKey('annotel.nest.received');
interface Received {
  packet?: unknown;
}

function noted(packet: unknown): unknown {
  const received = context.active().getValue(RECEIVED) as Received | undefined;
  if (received && !isPromise(packet)) received.packet = packet;
  if (!received || !isPromise(packet)) return packet;
  return packet.then((value) => {
    received.packet = value;
    return value;
  });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

/** Nest and other handlers of the same event put properties on the function: they get to the one that Nest calls. */
function watchedHandler(
  server: MessageServer,
  pattern: unknown,
  callback: AnyFunction,
  isEvent: boolean,
  names: HandlerNames | undefined,
): AnyFunction {
  const transport = TRANSPORTS[server.transportId as number] ?? OTHER_TRANSPORT;
  const isGrpc = server.transportId === GRPC;
  const route = isGrpc ? grpcMethod(pattern) : routeOf(server, pattern);
  const { method = route, isConsumer = false } = names ?? {};
  return new Proxy(callback, {
    apply(target, self, args: unknown[]) {
      const work = () => Reflect.apply(target, self, args);
      if (!activeSignals()) return work();
      const seen = safely('reading a message', () => ({
        ...whereItStands(headersOf(server, args), isEvent),
        route: (isGrpc && pathOf(args)) || route,
      }));
      if (!seen) return work();
      const { origin, isNested } = seen;
      if (isConsumer) return isNested ? work() : runIn(origin.context, work);
      const parts = { transport, route: seen.route, origin };
      const operation = isEvent
        ? eventOperation(isNested ? SpanKind.INTERNAL : SpanKind.CONSUMER, 'process', parts)
        : requestOperation(isNested ? SpanKind.INTERNAL : SpanKind.SERVER, parts);
      const what = { method, operation: { ...operation, enter: MessageCall.enter } };
      return observeCall(what, work, isGrpc ? GrpcMessageCall : MessageCall);
    },
  });
}

/** Nest calls a handler when somebody subscribes to what comes of its interceptors. */
function runIn(parent: Context, work: () => unknown): unknown {
  const subscribedIn = (value: unknown): unknown =>
    value instanceof Observable
      ? new Observable((subscriber) => context.with(parent, () => value.subscribe(subscriber)))
      : value;
  const value = context.with(parent, work);
  return isPromise(value) ? value.then(subscribedIn) : subscribedIn(value);
}

/** Below a span that the transport's own instrumentation, or another handler of the message, made for it; else as for any message. */
function whereItStands(headers: object | undefined, isEvent: boolean): { origin: Origin; isNested: boolean } {
  const here = context.active();
  const origin = originOfMessage(here, headers);
  const sent = trace.getSpanContext(origin.context);
  const isNested = sent !== undefined && trace.getSpanContext(here)?.traceId === sent.traceId;
  if (isNested) return { origin: { context: here, links: [] }, isNested };
  // Of a request, the parent says it all.
  return { origin: isEvent ? origin : { ...origin, links: linksTo([], here) }, isNested };
}

/** `{"cmd":"sum"}`, as Nest writes what is no text. */
function routeOf(server: MessageServer, pattern: unknown): string {
  if (typeof pattern === 'string') return pattern;
  const route = server.normalizePattern?.(pattern);
  return typeof route === 'string' ? route : JSON.stringify(pattern);
}

function grpcMethod(pattern: unknown): string {
  const { service, rpc } = (pattern ?? {}) as { service?: unknown; rpc?: unknown };
  return typeof service === 'string' && typeof rpc === 'string' ? `${service}/${rpc}` : String(pattern);
}

interface GrpcCall {
  readonly metadata?: { getMap(): object };
  getPath?(): unknown;
  getPeer?(): string;
}

/** Handlers get the request, its metadata and the call, or the call and a callback. */
function grpcCallOf(args: readonly unknown[]): GrpcCall | undefined {
  return args.find((arg) => typeof (arg as GrpcCall | undefined)?.getPath === 'function') as GrpcCall | undefined;
}

/** What is called by gRPC, with its package. */
function pathOf(args: readonly unknown[]): string | undefined {
  const path = grpcCallOf(args)?.getPath?.();
  return typeof path === 'string' ? path.replace(/^\//, '') : undefined;
}

/** What stands in the place that each transport has for it. */
function headersOf(server: MessageServer, args: readonly unknown[]): object | undefined {
  const headers =
    server.transportId === GRPC
      ? grpcCallOf(args)?.metadata?.getMap()
      : (HEADERS[server.transportId as number]?.(args.at(-1) as never) ?? metadataOfPacket());
  if (typeof headers !== 'object' || headers === null) return undefined;
  const host = hostOfSender(server, args);
  return host === undefined ? headers : carrierVia(host, { ...headers });
}

const TCP = 0;

/** The broker, or who has connected. */
function hostOfSender(server: MessageServer, args: readonly unknown[]): string | undefined {
  const remote = {
    [TCP]: () => (args.at(-1) as TcpMessage).getSocketRef?.().netSocket?.remoteAddress,
    [GRPC]: () => grpcCallOf(args)?.getPeer?.().replace(/:\d+$/, ''),
  }[server.transportId as number];
  // An address of IPv4 is written as one of IPv6 by sockets that take both.
  return remote ? remote()?.replace(/^::ffff:/, '') : peerHostOf(server.options);
}

interface TcpMessage {
  getSocketRef?(): { netSocket?: { remoteAddress?: string } };
}

const HEADERS: Readonly<Record<number, (context: never) => unknown>> = {
  2: (of: { getHeaders(): Iterable<[string, string[]]> | undefined }) => {
    const headers = of.getHeaders();
    return headers && Object.fromEntries([...headers].map(([key, values]) => [key.toLowerCase(), values[0]]));
  },
  3: (of: { getPacket(): { properties?: { userProperties?: object } } }) => of.getPacket().properties?.userProperties,
  5: (of: { getMessage(): { properties?: { headers?: object } } }) => of.getMessage().properties?.headers,
  6: (of: { getMessage(): { headers?: object } }) => of.getMessage().headers,
};

function metadataOfPacket(): unknown {
  const { packet } = (context.active().getValue(RECEIVED) ?? {}) as Received;
  return typeof packet === 'object' && packet !== null ? (packet as { metadata?: unknown }).metadata : undefined;
}
