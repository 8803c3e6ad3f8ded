import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Parcel, Signal } from './parcel.js';

/** What a courier of a signal is given. */
export interface BatchOf {
  traces: ReadableSpan[];
  metrics: ResourceMetrics;
  logs: ReadableLogRecord[];
}

/** What the destination did not take of a parcel that it took. */
export interface Rejected {
  readonly items: number;
  /** In the destination's words; may be empty. */
  readonly message: string;
}

/** Batches to parcels, and answers to what they say. */
export interface Encoding<Batch> {
  readonly contentType: 'application/json' | 'application/x-protobuf';
  count(batch: Batch): number;
  /** @throws what the serialiser throws */
  pack(batch: Batch): Parcel;
  /** The batch in so many parts at most, each of one item at least; alone where it cannot be parted. */
  split(batch: Batch, parts: number): Batch[];
  /** Reads the partial success of an answer; `undefined` where everything was taken. Never throws. */
  rejected(answer: Uint8Array | undefined): Rejected | undefined;
}

type Serializers<Batch> = Record<'json' | 'protobuf', ISerializer<Batch, { partialSuccess?: object }>>;

const SERIALIZERS: { readonly [S in Signal]: Serializers<BatchOf[S]> } = {
  traces: { json: JsonTraceSerializer, protobuf: ProtobufTraceSerializer },
  metrics: { json: JsonMetricsSerializer, protobuf: ProtobufMetricsSerializer },
  logs: { json: JsonLogsSerializer, protobuf: ProtobufLogsSerializer },
};

/** Items of a batch: spans, metric data points, log records. */
export const COUNTS: { readonly [S in Signal]: (batch: BatchOf[S]) => number } = {
  traces: (spans) => spans.length,
  metrics: ({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics).reduce((sum, { dataPoints }) => sum + dataPoints.length, 0),
  logs: (records) => records.length,
};

const SPLITS: { readonly [S in Signal]: (batch: BatchOf[S], parts: number) => BatchOf[S][] } = {
  traces: parted,
  metrics: (metrics) => [metrics],
  logs: parted,
};

/** How a signal is written: as JSON or, over HTTP and gRPC alike, as protobuf. */
export function encodingOf<S extends Signal>(signal: S, form: 'json' | 'protobuf'): Encoding<BatchOf[S]> {
  const serializer = SERIALIZERS[signal][form];
  const count = COUNTS[signal] as (batch: BatchOf[S]) => number;
  const split = SPLITS[signal] as (batch: BatchOf[S], parts: number) => BatchOf[S][];
  return {
    contentType: form === 'json' ? 'application/json' : 'application/x-protobuf',
    count,
    split,
    pack(batch) {
      const body = serializer.serializeRequest(batch);
      if (body === undefined) throw new Error('the batch cannot be serialised');
      return { items: count(batch), body };
    },
    rejected(answer) {
      if (answer === undefined || answer.byteLength === 0) return undefined;
      try {
        return partial(serializer.deserializeResponse(answer));
      } catch {
        // Accepted is accepted, whatever stands in the answer.
        return undefined;
      }
    },
  };
}

function parted<T>(items: T[], parts: number): T[][] {
  const size = Math.max(1, Math.ceil(items.length / parts));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** `rejectedSpans`, `rejectedDataPoints` or `rejectedLogRecords`: a 64-bit number, in JSON a string. */
function partial({ partialSuccess = {} }: { partialSuccess?: object }): Rejected | undefined {
  const entries = Object.entries(partialSuccess);
  const items = Number(entries.find(([name]) => name.startsWith('rejected'))?.[1] ?? 0);
  const message = String(entries.find(([name]) => name === 'errorMessage')?.[1] ?? '');
  if (!(items > 0) && message === '') return undefined;
  return { items: Math.max(items, 0), message };
}
