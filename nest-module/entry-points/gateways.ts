import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { SpanContext } from '@opentelemetry/api';
import type { Call } from '../../lib/call/operation.js';
import { withOptions } from '../../lib/call/options.js';
import { extractContext } from '../../lib/context/carriers.js';
import { outsideTrace } from '../../lib/context/own-trace.js';
import { context, SpanKind, trace } from '../../lib/otel.js';
import { safely } from '../../lib/safely.js';
import { httpServerSpan } from '../../lib/sdk/server-span.js';
import { type CalledMethod, calledMethod, FrameworkCall, observeAs, startCall } from '../observation.js';
import type { EntryPoint, FoundMethod } from './found-methods.js';
import { GatewayMessage, gatewayMessage, withMessage } from './gateway-message.js';
import { substitute } from './substitute.js';

/** `@nestjs/websockets` keeps under this that a class is a gateway. */
const GATEWAY_METADATA = 'websockets:is_gateway';

/** And this of what handles a message. */
const MESSAGE_MAPPING_METADATA = 'websockets:message_mapping';

const HOOKS: ReadonlySet<string> = new Set(['handleConnection', 'handleDisconnect']);

export function isGateway(type: object): boolean {
  return Reflect.hasMetadata(GATEWAY_METADATA, type);
}

/** What Nest calls of a gateway when a client comes and goes: in the context of the connection. */
export function connectionHook({ ofClass, key }: FoundMethod): EntryPoint | undefined {
  return HOOKS.has(key) && isGateway(ofClass) ? { type: 'connection' } : undefined;
}

/** Lets a method with `@SubscribeMessage()` tell of the message that it handles. Nest 11 has no global interceptors there. */
export function watchMessageHandler(found: FoundMethod): void {
  const { owner, key, method, name } = found;
  if (!Reflect.hasMetadata(MESSAGE_MAPPING_METADATA, method)) return;
  substitute(owner, key, () => {
    const { wrapper } = {
      wrapper(this: unknown, ...args: unknown[]): unknown {
        const handler = () => Reflect.apply(method, this, args);
        const message = gatewayMessage();
        return message ? message.handle(name, handler) : handler();
      },
    };
    return wrapper;
  });
}

/** Records the connections of clients to gateways, and each message, by whichever adapter the app has or is going to have. */
export function watchGateways(config: ApplicationConfig): void {
  const adapter: WebSocketAdapter | null = config.getIoAdapter();
  if (adapter) watchAdapter(adapter);
  const { setIoAdapter } = config;
  config.setIoAdapter = (chosen) => {
    safely('watching gateways', () => watchAdapter(chosen));
    Reflect.apply(setIoAdapter, config, [chosen]);
  };
}

const watched = new WeakSet<WebSocketAdapter>();

/** By the methods that Nest asks of every adapter. */
function watchAdapter(adapter: WebSocketAdapter): void {
  if (watched.has(adapter)) return;
  watched.add(adapter);
  const { bindClientConnect, bindMessageHandlers, bindClientDisconnect } = adapter;
  adapter.bindClientConnect = (server, onConnect) =>
    Reflect.apply(bindClientConnect, adapter, [
      server,
      (...args: unknown[]) => connect(server, args, () => onConnect(...args)),
    ]);
  adapter.bindMessageHandlers = (client, handlers, transform) => {
    const observed = handlers.map((handler) => ({ ...handler, callback: receiving(client, handler) }));
    return Reflect.apply(bindMessageHandlers, adapter, [client, observed, transform]);
  };
  if (bindClientDisconnect) {
    adapter.bindClientDisconnect = (client, onDisconnect) =>
      Reflect.apply(bindClientDisconnect, adapter, [
        client,
        (...args: unknown[]) => context.with(contextOfConnection(client), () => onDisconnect(...args)),
      ]);
  }
}

/** The spans of the connections that are open, by client. */
const connections = new WeakMap<object, SpanContext>();

/** The active context, in the trace of a client's connection. */
function contextOfConnection(client: object) {
  const active = context.active();
  const connection = connections.get(client);
  return connection ? trace.setSpanContext(outsideTrace(active), connection) : active;
}

/** A client has connected. Several gateways may have it, each with a handler. */
function connect<T>(server: unknown, [client, request]: unknown[], handler: () => T): T {
  if (typeof client !== 'object' || client === null) return handler();
  if (connections.has(client)) return context.with(contextOfConnection(client), handler);
  const call = safely('starting to observe a connection', () =>
    startCall(connection(server, client, request), FrameworkCall),
  );
  if (call) connections.set(client, call.spanContext);
  return observeAs(call, handler);
}

/** Part of the request that it began with where that is traced, else of the trace that its headers tell of. */
function connection(server: unknown, client: Client, request: unknown): CalledMethod {
  const { name } = server as { name?: unknown };
  const isNamespace = typeof name === 'string' && name.startsWith('/') && !DYNAMIC.test(name);
  const { headers } = (client.handshake ?? request ?? {}) as { headers?: object };
  const { method, operation } = calledMethod({
    method: isNamespace ? `connect ${name}` : 'connect',
    kind: SpanKind.SERVER,
    type: 'connection',
  });
  const origin = (call: Call) => ({
    context: httpServerSpan() ? call.context : extractContext(outsideTrace(call.context), headers ?? {}),
    links: [],
  });
  return { method, operation: { ...operation, origin } };
}

/** What socket.io calls namespaces that are told by a pattern. */
const DYNAMIC = /^\/_\d+$/;

/** Of socket.io, else of another library. */
interface Client {
  readonly nsp?: unknown;
  readonly handshake?: unknown;
}

type MessageHandler = Parameters<WebSocketAdapter['bindMessageHandlers']>[1][number];

function receiving(client: Client, { message, callback }: MessageHandler): MessageHandler['callback'] {
  const what = received(message, client.nsp ? 'socket.io' : 'websocket');
  return (...args) => {
    const call = context.with(contextOfConnection(client), startCall<GatewayMessage>, undefined, what, GatewayMessage);
    return call ? observeAs(call, () => callback(...args)) : callback(...args);
  };
}

const known = new Map<string, CalledMethod>();

/** As the messaging conventions have it: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function received(message: unknown, system: string): CalledMethod {
  const name = typeof message === 'string' ? `process ${message}` : 'process';
  const key = `${system} ${name}`;
  let what = known.get(key);
  if (!what) {
    const { method, operation } = calledMethod({
      method: name,
      kind: SpanKind.CONSUMER,
      type: 'process',
      attributes: {
        'messaging.system': system,
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        ...(typeof message === 'string' ? { 'messaging.destination.name': message } : {}),
      },
    });
    what = { method, operation: withOptions({ ...operation, enter: withMessage }, { root: true }) };
    known.set(key, what);
  }
  return what;
}
