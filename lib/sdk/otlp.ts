import { createRequire } from 'node:module';
import { OTLPMetricExporterBase } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  createOtlpNetworkExportDelegate,
  type IOtlpExportDelegate,
  OTLPExporterBase,
} from '@opentelemetry/otlp-exporter-base';
import { convertLegacyHttpOptions, createOtlpHttpExporterMetrics } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExporterMetricsHelper,
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  LogsExporterMetricsHelper,
  MetricsExporterMetricsHelper,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpTarget, ResolvedOptions, Signal } from './options.js';
import { OtlpTransport } from './otlp-transport.js';

export interface ExporterOf {
  traces: SpanExporter;
  metrics: PushMetricExporter;
  logs: LogRecordExporter;
}

/** An exporter and, where annotel sends for it, the transport. */
export interface Otlp<S extends Signal> {
  readonly exporter: ExporterOf[S];
  readonly transport: OtlpTransport | undefined;
}

interface Kind<Batch> {
  /** `otel.component.type` in the SDK's metrics about itself. */
  readonly component: string;
  readonly counting: IExporterMetricsHelper<Batch>;
  readonly protobuf: ISerializer<Batch, unknown>;
  readonly json: ISerializer<Batch, unknown>;
  readonly grpc: readonly [module: string, exported: string];
}

const TRACES: Kind<ReadableSpan[]> = {
  component: 'otlp_http_span_exporter',
  counting: TraceExporterMetricsHelper,
  protobuf: ProtobufTraceSerializer,
  json: JsonTraceSerializer,
  grpc: ['@opentelemetry/exporter-trace-otlp-grpc', 'OTLPTraceExporter'],
};
const METRICS: Kind<ResourceMetrics> = {
  component: 'otlp_http_metric_exporter',
  counting: MetricsExporterMetricsHelper,
  protobuf: ProtobufMetricsSerializer,
  json: JsonMetricsSerializer,
  grpc: ['@opentelemetry/exporter-metrics-otlp-grpc', 'OTLPMetricExporter'],
};
const LOGS: Kind<ReadableLogRecord[]> = {
  component: 'otlp_http_log_exporter',
  counting: LogsExporterMetricsHelper,
  protobuf: ProtobufLogsSerializer,
  json: JsonLogsSerializer,
  grpc: ['@opentelemetry/exporter-logs-otlp-grpc', 'OTLPLogExporter'],
};

export function otlpTraces(options: ResolvedOptions): Otlp<'traces'> {
  return otlp('traces', TRACES, options, (delegate) => new OTLPExporterBase(delegate));
}

export function otlpMetrics(options: ResolvedOptions): Otlp<'metrics'> {
  return otlp('metrics', METRICS, options, (delegate) => new OTLPMetricExporterBase(delegate));
}

export function otlpLogs(options: ResolvedOptions): Otlp<'logs'> {
  return otlp('logs', LOGS, options, (delegate) => new OTLPExporterBase(delegate));
}

/**
 * A package that sdk-node depends on and annotel does not: found from there, and loaded only when it is asked for.
 *
 * @throws the resolution error, which names the package
 */
export function fromSdkNode<T>(module: string, exported: string): T {
  const require = createRequire(import.meta.url);
  return (createRequire(require.resolve('@opentelemetry/sdk-node'))(module) as Record<string, T>)[exported] as T;
}

function otlp<S extends Signal, Batch>(
  signal: S,
  kind: Kind<Batch>,
  options: ResolvedOptions,
  exporter: (delegate: IOtlpExportDelegate<Batch>) => ExporterOf[S],
): Otlp<S> {
  const target = options.otlp[signal];
  if (target.protocol === 'grpc') {
    const Class = fromSdkNode<new (config: { url?: string }) => ExporterOf[S]>(...kind.grpc);
    // Left to the variables unless code says otherwise: they also decide between plain text and TLS.
    return {
      exporter: new Class(options.endpoint === undefined ? {} : { url: options.endpoint }),
      transport: undefined,
    };
  }
  const { delegate, transport } = overHttp(signal, kind, target);
  return { exporter: exporter(delegate), transport };
}

function overHttp<Batch>(signal: Signal, kind: Kind<Batch>, { protocol, url }: OtlpTarget) {
  const isJson = protocol === 'http/json';
  // Also reads headers, compression, timeout and certificates from OTEL_EXPORTER_OTLP_*, as the exporters do.
  const config = convertLegacyHttpOptions({ url }, signal.toUpperCase(), `v1/${signal}`, {
    'Content-Type': isJson ? 'application/json' : 'application/x-protobuf',
  });
  const transport = new OtlpTransport(config);
  const metrics = createOtlpHttpExporterMetrics(kind.component, kind.counting, url, undefined);
  return {
    delegate: createOtlpNetworkExportDelegate(config, isJson ? kind.json : kind.protobuf, metrics, transport),
    transport,
  };
}
