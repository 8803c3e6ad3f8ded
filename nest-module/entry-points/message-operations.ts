import type { Attributes } from '@opentelemetry/api';
import { histogramOf } from '../../lib/call/instruments.js';
import {
  ATTR_MESSAGING_BATCH_SIZE,
  ATTR_MESSAGING_DESTINATION,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
  dimensionsOf,
  PROCESS,
  recordProcessed,
  recordSent,
} from '../../lib/call/messaging.js';
import { ATTR_ANNOTEL_STREAM_END, ATTR_ERROR_TYPE, type MetricDefinition } from '../../lib/call/names.js';
import type { Operation, Origin } from '../../lib/call/operation.js';
import { SpanKind } from '../../lib/otel.js';

// The names of the RPC conventions, https://opentelemetry.io/docs/specs/semconv/rpc/
const ATTR_RPC_SYSTEM = 'rpc.system.name';
const ATTR_RPC_METHOD = 'rpc.method';
export const ATTR_RPC_STATUS = 'rpc.response.status_code';
/** Stands for the routes beyond {@link MOST_ROUTES}. */
const OTHER = '_OTHER';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const CALL_DURATION = {
  [SpanKind.CLIENT]: {
    name: 'rpc.client.call.duration',
    unit: 's',
    description: 'Measures the duration of outbound remote procedure calls (RPC).',
    buckets: BUCKETS,
  },
  [SpanKind.SERVER]: {
    name: 'rpc.server.call.duration',
    unit: 's',
    description: 'Measures the duration of inbound remote procedure calls (RPC).',
    buckets: BUCKETS,
  },
} as const satisfies Record<number, MetricDefinition>;
const RPC_DIMENSIONS = [ATTR_RPC_SYSTEM, ATTR_RPC_METHOD, ATTR_RPC_STATUS, ATTR_ERROR_TYPE];

/** One way that messages go, with the names that the conventions have for it. */
export interface Transport {
  /** `messaging.system`. */
  readonly system: string;
  readonly attributes: Attributes;
}

/** By the numbers and the client classes of `@nestjs/microservices`. Others are called by the name of Nest. */
export const TRANSPORTS: readonly (Transport & { readonly client: string })[] = [
  { client: 'ClientTCP', system: 'nestjs', attributes: { 'network.transport': 'tcp' } },
  { client: 'ClientRedis', system: 'redis', attributes: { 'network.protocol.name': 'redis' } },
  { client: 'ClientNats', system: 'nats', attributes: { 'network.protocol.name': 'nats' } },
  { client: 'ClientMqtt', system: 'mqtt', attributes: { 'network.protocol.name': 'mqtt' } },
  { client: 'ClientGrpcProxy', system: 'grpc', attributes: {} },
  { client: 'ClientRMQ', system: 'rabbitmq', attributes: { 'network.protocol.name': 'amqp' } },
  { client: 'ClientKafka', system: 'kafka', attributes: { 'network.protocol.name': 'kafka' } },
];
export const OTHER_TRANSPORT: Transport = { system: 'nestjs', attributes: {} };
export const GRPC = 4;

/** What a message goes by, and as whose part it is recorded. */
export interface MessageRoute {
  readonly transport: Transport;
  /** The pattern, as Nest writes it; of gRPC the method. */
  readonly route: string;
  /** How many messages, where that is not one. */
  readonly size?: number;
  /** Who serves it. */
  readonly server?: Attributes;
  /** Where its span stands. Default: below what is running. */
  readonly origin?: Origin;
}

/** A message that is answered: SERVER where it is handled, CLIENT where it is sent. */
export function requestOperation(
  kind: SpanKind.CLIENT | SpanKind.SERVER | SpanKind.INTERNAL,
  { transport, route, server, origin }: MessageRoute,
): Operation {
  const isGrpc = transport.system === 'grpc';
  const duration = kind === SpanKind.INTERNAL ? undefined : CALL_DURATION[kind];
  return {
    kind,
    type: 'rpc',
    log: 'none',
    origin: origin && (() => origin),
    name: (_call, bag) => String(bag[ATTR_RPC_METHOD]),
    onStart: () => ({
      [ATTR_RPC_SYSTEM]: isGrpc ? 'grpc' : 'nestjs',
      ...(isGrpc ? { [ATTR_RPC_METHOD]: route } : routeAttributes(kind, ATTR_RPC_METHOD, 'rpc.method_original', route)),
      ...transport.attributes,
      ...server,
    }),
    complete: (bag) => (isGrpc ? statusOf(bag) : undefined),
    record(meter, bag, seconds, context) {
      if (duration) histogramOf(meter, duration).record(seconds, dimensionsOf(bag, RPC_DIMENSIONS), context);
    },
  };
}

function statusOf(bag: Attributes): Attributes {
  const status = bag[ATTR_RPC_STATUS] ?? (bag[ATTR_ANNOTEL_STREAM_END] ? 'CANCELLED' : 'OK');
  const isFailure = bag[ATTR_ERROR_TYPE] !== undefined && status !== 'OK';
  return isFailure ? { [ATTR_RPC_STATUS]: status, [ATTR_ERROR_TYPE]: status } : { [ATTR_RPC_STATUS]: status };
}

/** A message that is not answered: CONSUMER where it is handled, PRODUCER where it is sent. */
export function eventOperation(
  kind: SpanKind.CONSUMER | SpanKind.PRODUCER | SpanKind.INTERNAL,
  name: string,
  { transport, route, size, server, origin }: MessageRoute,
): Operation {
  const isSent = kind === SpanKind.PRODUCER;
  const own: Attributes = size === undefined ? {} : { [ATTR_MESSAGING_BATCH_SIZE]: size };
  return {
    kind,
    type: isSent ? 'send' : PROCESS,
    log: 'none',
    origin: origin && (() => origin),
    name: (_call, bag) => `${name} ${bag[ATTR_MESSAGING_DESTINATION]}`,
    onStart: () => ({
      [ATTR_MESSAGING_SYSTEM]: transport.system,
      [ATTR_MESSAGING_OPERATION_TYPE]: isSent ? 'send' : PROCESS,
      [ATTR_MESSAGING_OPERATION_NAME]: name,
      ...routeAttributes(kind, ATTR_MESSAGING_DESTINATION, 'annotel.messaging.destination', route),
      ...own,
      ...transport.attributes,
      ...server,
    }),
    record: kind === SpanKind.INTERNAL ? undefined : isSent ? recordSent : recordProcessed,
  };
}

/** What a handler is registered by is one of few; what a client sends by may have an id in it. */
const routes = new Set<string>();
const MOST_ROUTES = 200;

function routeAttributes(kind: SpanKind, key: string, original: string, route: string): Attributes {
  const isSent = kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER;
  if (!isSent || routes.has(route)) return { [key]: route };
  if (routes.size >= MOST_ROUTES) return { [key]: OTHER, [original]: route };
  routes.add(route);
  return { [key]: route };
}
