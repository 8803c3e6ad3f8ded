import { defer, type Observable } from 'rxjs';
import { activeSignals } from '../../lib/call/signals.js';
import type { AnyFunction } from '../../lib/call/wrap.js';
import { carrierVia, injectContext } from '../../lib/index.js';
import { context, SpanKind } from '../../lib/otel.js';
import { safely } from '../../lib/safely.js';
import { type CalledMethod, FrameworkCall, observeCall, startCall } from '../observation.js';
import { grpcStatus } from './grpc-status.js';
import {
  ATTR_RPC_STATUS,
  eventOperation,
  OTHER_TRANSPORT,
  requestOperation,
  TRANSPORTS,
  type Transport,
} from './message-operations.js';
import { peerHostOf, serverAttributes } from './server-address.js';
import { prototypeWith, substitute } from './substitute.js';

/** What is used of a `ClientProxy` of `@nestjs/microservices`. */
interface Client {
  readonly constructor: { readonly name: string };
  readonly options?: object;
  readonly host?: unknown;
  readonly port?: unknown;
  normalizePattern?(pattern: unknown): string;
}

/**
 * Observes what clients of microservices send, and lets it carry the context: those that providers and controllers are, or have in
 * a property, and with them all others of the app that are made of the same classes.
 */
export function watchMicroserviceClients(owners: Iterable<object>): void {
  for (const owner of owners) {
    safely('finding clients of microservices', () => {
      for (const value of [owner, ...ownValues(owner)]) if (isClient(value)) watchClient(value);
    });
  }
}

function ownValues(owner: object): unknown[] {
  return Object.values(Object.getOwnPropertyDescriptors(owner)).map(({ value }) => value);
}

/** By its fields: to ask an object of the app's own for more could run a getter of its. */
function isClient(value: unknown): value is Client {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'routingMap')) return false;
  return prototypeWith(value, 'emit') !== undefined && prototypeWith(value, 'createObserver') !== undefined;
}

function watchClient(client: Client): void {
  const base = prototypeWith(client, 'createObserver');
  if (!base) return;
  substitute(base, 'send', sending);
  substitute(base, 'emit', emitting);
  const kafka = prototypeWith(client, 'emitBatch');
  if (kafka) substitute(kafka, 'emitBatch', emitting);
  const grpc = prototypeWith(client, 'createServiceMethod');
  if (!grpc) return;
  substitute(grpc, 'createServiceMethod', calling);
  substitute(grpc, 'createClientByServiceName', injectingByGrpc);
}

// --- what is observed ------------------------------------------------------------------------------------------------

/** One that is answered. Each subscription sends it anew, and none sends nothing. */
function sending(send: AnyFunction): AnyFunction {
  return function (this: Client, pattern: unknown, data: unknown): Observable<unknown> {
    const source = (): Observable<unknown> => Reflect.apply(send, this, [pattern, data]);
    if (!activeSignals()) return source();
    watchTransport(this);
    return observed(() => whatIsSent(this, 'send', pattern), source, ClientCall);
  };
}

/** One that is not answered. It is sent at once, whether or not somebody waits for the end of it. */
function emitting(emit: AnyFunction, key: string): AnyFunction {
  return function (this: Client, pattern: unknown, data: unknown): Observable<unknown> {
    const what = activeSignals() && safely('starting to observe a call', () => whatIsSent(this, key, pattern, data));
    const call = what && startCall(what, ClientCall);
    if (!call) return Reflect.apply(emit, this, [pattern, data]);
    watchTransport(this);
    const result: Observable<unknown> = context.with(call.context, emit, this, pattern, data);
    // It runs without subscribers, and one more changes nothing.
    safely('following a message', () =>
      result.subscribe({ error: (error) => call.fail(error), complete: () => call.ok(undefined) }),
    );
    return result;
  };
}

function calling(create: AnyFunction): AnyFunction {
  return function (this: Client, ...given: unknown[]): unknown {
    const method: unknown = Reflect.apply(create, this, given);
    const [service, name] = given as [Record<string, { path?: unknown }>, string];
    if (typeof method !== 'function') return method;
    const path = service[name]?.path;
    const route = typeof path === 'string' ? path.replace(/^\//, '') : name;
    return (...args: unknown[]): unknown => {
      const source = () => method(...args);
      if (!activeSignals()) return source();
      const parts = { transport: transportOf(this), route, server: serverOf(this) };
      const what = () => ({
        method: `${this.constructor.name}.${name}`,
        operation: requestOperation(SpanKind.CLIENT, parts),
      });
      return observed(what, source, GrpcClientCall);
    };
  };
}

function observed(
  what: () => CalledMethod,
  source: () => Observable<unknown>,
  Call: typeof FrameworkCall,
): Observable<unknown> {
  return defer(() => {
    const known = safely('starting to observe a call', what);
    return known ? observeCall(known, source, Call) : source();
  });
}

function whatIsSent(client: Client, key: string, pattern: unknown, data?: unknown): CalledMethod {
  const transport = transportOf(client);
  const normal = typeof pattern === 'string' ? pattern : client.normalizePattern?.(pattern);
  const route = typeof normal === 'string' ? normal : String(pattern);
  const parts = { transport, route, server: serverOf(client), size: key === 'emitBatch' ? sizeOf(data) : undefined };
  const operation =
    key === 'send' ? requestOperation(SpanKind.CLIENT, parts) : eventOperation(SpanKind.PRODUCER, 'emit', parts);
  return { method: `${client.constructor.name}.${key}`, operation };
}

function sizeOf(data: unknown): number | undefined {
  const messages = (data as { messages?: unknown } | undefined)?.messages;
  return Array.isArray(messages) ? messages.length : undefined;
}

function transportOf(client: object): Transport {
  return transportByClass(client) ?? OTHER_TRANSPORT;
}

function transportByClass(client: object): (typeof TRANSPORTS)[number] | undefined {
  for (let owner = Object.getPrototypeOf(client); owner; owner = Object.getPrototypeOf(owner)) {
    const found = TRANSPORTS.find(({ client: name }) => name === owner.constructor?.name);
    if (found) return found;
  }
  return undefined;
}

function serverOf(client: Client) {
  return serverAttributes(client.options ?? client);
}

/** What is sent fails whatever the error is; a caller that takes the first answer leaves behind it. */
class ClientCall extends FrameworkCall {
  private isAnswered = false;

  override item(answer: unknown): void {
    this.isAnswered = true;
    super.item(answer);
  }

  override stop(): void {
    if (this.isAnswered) this.ok(undefined);
    else super.stop();
  }

  override fail(error: unknown): void {
    this.failAt(error, performance.now());
  }
}

class GrpcClientCall extends ClientCall {
  override fail(error: unknown): void {
    this.add({ [ATTR_RPC_STATUS]: grpcStatus(error).name });
    super.fail(error);
  }
}

// --- where the context goes ------------------------------------------------------------------------------------------

type Headers = Readonly<Record<string, string>>;

function headersFor(client: Client): Headers {
  const host = peerHostOf(client.options ?? client);
  return injectContext(host === undefined ? {} : carrierVia(host, {}));
}

/** Lets all messages of the clients of one class carry the context, in the place that their transport has for it. */
function watchTransport(client: Client): void {
  safely('watching a client of a microservice', () => {
    const carry = CARRYING[transportByClass(client)?.client ?? ''];
    if (!carry) return;
    for (const key of ['publish', 'dispatchEvent', 'dispatchBatchEvent']) {
      const owner = prototypeWith(client, key);
      // The base class has none but declares them.
      if (owner) substitute(owner, key, (method) => carrying(method, carry));
    }
  });
}

/** @returns what takes the place of members of the client, or of the packet, while it sends one message */
type Carry = (client: never, headers: Headers, packet: Packet) => { client?: object; packet?: Packet };
interface Packet {
  readonly metadata?: unknown;
}

function carrying(method: AnyFunction, carry: Carry): AnyFunction {
  return function (this: Client, packet: Packet, ...rest: unknown[]): unknown {
    const sent = safely('writing the context into a message', () => {
      const headers = headersFor(this);
      return Object.keys(headers).length > 0 ? carry(this as never, headers, packet) : undefined;
    });
    // An object in front of the client: when the message is written, which may be later, it is still this one's context.
    const self = sent?.client ? Object.create(this, Object.getOwnPropertyDescriptors(sent.client)) : this;
    return Reflect.apply(method, self, [sent?.packet ?? packet, ...rest]);
  };
}

/**
 * Beside `pattern`, `data` and `id`, where Nest 12 has a place for it. Other receivers of Nest's read these three, and nothing else.
 */
const inPacket: Carry = (_client, headers, packet) => {
  const { metadata } = packet;
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) return {};
  return { packet: { ...packet, metadata: { ...metadata, ...headers } } };
};

interface HeadersOfNats {
  set(key: string, value: string): void;
}

const CARRYING: Readonly<Record<string, Carry>> = {
  ClientTCP: inPacket,
  ClientRedis: inPacket,
  ClientNats: (client: { options?: object; mergeHeaders(own?: HeadersOfNats): HeadersOfNats }, headers) => ({
    client: {
      mergeHeaders(own?: HeadersOfNats) {
        // So that Nest makes an object of headers where the message has none.
        const withOne = Object.create(client, { options: { value: { headers, ...client.options } } });
        const merged: HeadersOfNats = Reflect.apply(client.mergeHeaders, withOne, [own]);
        for (const [key, value] of Object.entries(headers)) merged.set(key, value);
        return merged;
      },
    },
  }),
  ClientMqtt: (
    client: { mqttClient?: { options?: { protocolVersion?: number } }; mergePacketOptions(own?: object): MqttOptions },
    headers,
    packet,
  ) => {
    // Before version 5, MQTT has no headers.
    if (client.mqttClient?.options?.protocolVersion !== 5) return inPacket(client as never, headers, packet);
    return {
      client: {
        mergePacketOptions(own?: object): MqttOptions {
          const merged = client.mergePacketOptions(own);
          const { properties } = merged ?? {};
          return {
            ...merged,
            properties: { ...properties, userProperties: { ...properties?.userProperties, ...headers } },
          };
        },
      },
    };
  },
  ClientRMQ: (client: { mergeHeaders(own?: object): object }, headers) => ({
    client: { mergeHeaders: (own?: object) => ({ ...client.mergeHeaders(own), ...headers }) },
  }),
  ClientKafka: ({ serializer }: { serializer: { serialize(...args: unknown[]): unknown } }, headers) => ({
    client: {
      serializer: Object.create(serializer, {
        serialize: { value: (...args: unknown[]) => withHeaders(serializer.serialize(...args), headers) },
      }),
    },
  }),
};

interface MqttOptions {
  readonly properties?: { readonly userProperties?: object };
}

function withHeaders(message: unknown, headers: Headers): unknown {
  if (message instanceof Promise) return message.then((value) => withHeaders(value, headers));
  if (typeof message !== 'object' || message === null) return message;
  return { ...message, headers: { ...(message as { headers?: object }).headers, ...headers } };
}

/** What of gRPC's metadata is used. */
interface Metadata {
  clone(): Metadata;
  set(key: string, value: string): void;
}
interface Invocation {
  metadata: Metadata;
}
interface ChannelOptions {
  readonly callInvocationTransformer?: (invocation: Invocation) => Invocation;
}

/** An option of `@grpc/grpc-js` sees each call when it is made, with its metadata. */
function injectingByGrpc(create: AnyFunction): AnyFunction {
  return function (this: Client & { options?: { channelOptions?: ChannelOptions } }, ...args: unknown[]): unknown {
    const { options } = this;
    const inner = options?.channelOptions?.callInvocationTransformer;
    const callInvocationTransformer = (invocation: Invocation): Invocation => {
      safely('writing the context into a message', () => {
        // The app's own may serve several calls.
        const metadata = invocation.metadata.clone();
        for (const [key, value] of Object.entries(headersFor(this))) metadata.set(key, value);
        invocation.metadata = metadata;
      });
      return inner ? inner(invocation) : invocation;
    };
    const channelOptions = { ...options?.channelOptions, callInvocationTransformer };
    const self = Object.create(this, { options: { value: { ...options, channelOptions } } });
    return Reflect.apply(create, self, args);
  };
}
