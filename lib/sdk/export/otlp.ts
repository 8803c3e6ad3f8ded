import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { Rejected } from './attempt-result.js';
import type { BatchOf, Signal } from './signal.js';

/** Where and how one signal leaves by OTLP. */
export interface OtlpTarget {
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** Complete with the path of the signal; for gRPC the target. */
  readonly url: string;
  /** Those of `OTEL_EXPORTER_OTLP_[SIGNAL_]HEADERS` that can be sent. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type ContentType = 'application/json' | 'application/x-protobuf';

/** A batch as it goes over the wire, before compression. */
export interface Encoded {
  readonly body: Uint8Array;
  readonly contentType: ContentType;
}

type Serializers = { readonly [S in Signal]: ISerializer<BatchOf[S], { partialSuccess?: object }> };

const SERIALIZERS: Readonly<Record<ContentType, Serializers>> = {
  'application/json': { traces: JsonTraceSerializer, metrics: JsonMetricsSerializer, logs: JsonLogsSerializer },
  'application/x-protobuf': {
    traces: ProtobufTraceSerializer,
    metrics: ProtobufMetricsSerializer,
    logs: ProtobufLogsSerializer,
  },
};

/** What is written to a target: JSON, or over HTTP and gRPC alike protobuf. */
export function contentTypeOf({ protocol }: OtlpTarget): ContentType {
  return protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
}

/** @throws what the serialiser throws */
export function encode<S extends Signal>(signal: S, batch: BatchOf[S], contentType: ContentType): Encoded {
  const serializer = SERIALIZERS[contentType][signal] as ISerializer<BatchOf[S], unknown>;
  const body = serializer.serializeRequest(batch);
  if (body === undefined) throw new Error('the batch cannot be serialised');
  return { body, contentType };
}

/** Reads the partial success of an answer; `undefined` where everything was taken. Never throws. */
export function rejectedIn(
  data: Uint8Array | undefined,
  signal: Signal,
  contentType: ContentType,
): Rejected | undefined {
  if (data === undefined || data.byteLength === 0) return undefined;
  try {
    const { partialSuccess = {} } = SERIALIZERS[contentType][signal].deserializeResponse(data);
    // `rejectedSpans`, `rejectedDataPoints` or `rejectedLogRecords`: a 64-bit number, in JSON a string.
    const entries = Object.entries(partialSuccess);
    const items = Number(entries.find(([name]) => name.startsWith('rejected'))?.[1] ?? 0);
    const message = String(entries.find(([name]) => name === 'errorMessage')?.[1] ?? '');
    if (!(items > 0) && message === '') return undefined;
    return { items: Math.max(items, 0), message };
  } catch {
    // Accepted is accepted, whatever stands in the answer.
    return undefined;
  }
}
