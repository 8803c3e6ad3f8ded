import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { MemoryBacklog, type Room } from './backlog.js';
import { Courier } from './courier.js';
import { type BatchOf, encodingOf } from './encoding.js';
import { GrpcTransport } from './grpc-transport.js';
import { HttpTransport } from './http-transport.js';
import { type Network, originOf } from './network.js';
import type { Signal } from './parcel.js';
import { Tally } from './tally.js';
import type { Transport } from './transport.js';

/** Where and how one signal leaves by OTLP. */
export interface OtlpTarget {
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** Complete with the path of the signal; for gRPC the target. */
  readonly url: string;
}

export interface CourierNumbers {
  /** Items that may be held in memory. */
  readonly maxItems: number;
  /** Milliseconds over which no attempt may take, whatever `OTEL_EXPORTER_OTLP_TIMEOUT` says. */
  readonly longestAttempt?: number | undefined;
}

const SERVICES = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };

// Whatever the number of items: this much memory of a service is telemetry's, for each signal.
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Delivers one signal by OTLP. Headers, compression, timeout and certificates come from `OTEL_EXPORTER_OTLP_*`.
 *
 * @throws TypeError where the URL is none
 */
export function otlpCourier<S extends Signal>(
  network: Network,
  signal: S,
  target: OtlpTarget,
  { maxItems, longestAttempt = Number.POSITIVE_INFINITY }: CourierNumbers,
): Courier<BatchOf[S]> {
  const { protocol, url } = target;
  const encoding = encodingOf(signal, protocol === 'http/json' ? 'json' : 'protobuf');
  const { transport, timeout } = otlpTransport(signal, target, encoding.contentType);
  const room: Room = { items: maxItems, bytes: MOST_BYTES };
  // Metrics are spooled like the rest: a cumulative one says nothing wrong late, and of deltas none may be missing.
  const backlog = network.spool?.open({ signal, url, contentType: encoding.contentType }, room);
  return network.watch(
    new Courier({
      signal,
      destination: network.destination(url),
      encoding,
      transport,
      backlog: backlog ?? new MemoryBacklog(room),
      tally: new Tally(signal, originOf(url)),
      timeout: Math.min(timeout, longestAttempt),
    }),
  );
}

/** How parcels of a signal get to its target, as `OTEL_EXPORTER_OTLP_*` says. */
export function otlpTransport(signal: Signal, { protocol, url }: OtlpTarget, contentType: string) {
  const config = convertLegacyHttpOptions({ url }, signal.toUpperCase(), `v1/${signal}`, {
    'Content-Type': contentType,
  });
  const transport: Transport =
    protocol === 'grpc'
      ? new GrpcTransport({ ...config, url }, `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`)
      : new HttpTransport(config, contentType);
  return { transport, timeout: config.timeoutMillis };
}
