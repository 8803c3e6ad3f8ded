import { createRequire } from 'node:module';
import { OTLPMetricExporterBase } from '@opentelemetry/exporter-metrics-otlp-http';
import { ConsoleLogRecordExporter, type LogRecordProcessor, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  ConsoleSpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { type AzureParts, azureParts } from './azure/pipeline.js';
import type { LogExporterName, MetricExporterName, TraceExporterName } from './configuration/exporting.js';
import { COUNTS } from './delivery/encoding.js';
import { ExporterDelivery } from './delivery/exporter-delivery.js';
import { Network } from './delivery/network.js';
import { otlpCourier } from './delivery/otlp.js';
import type { Signal } from './delivery/parcel.js';
import { type Delivery, LogBatchProcessor, MetricHandover, SpanBatchProcessor } from './delivery/processors.js';
import { Spool } from './delivery/spool.js';
import { Tally } from './delivery/tally.js';
import type { ResolvedOptions } from './options.js';
import { inWords, warn } from './warnings.js';

/** What carries the three signals out of the process. */
export interface Pipeline {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: IMetricReader[];
  readonly logRecordProcessors: LogRecordProcessor[];
  /** What of them sends over a network. */
  readonly network: Network;
}

// Of the items that may wait for their batch, so many times as many may wait for the collector: a minute of a busy service.
const HELD = 16;

/** Builds the exporters that are configured, and no other. One that cannot be built costs a warning. */
export function createPipeline(options: ResolvedOptions): Pipeline {
  const network = new Network(spoolOf(options));
  const azure = azureMonitor(options, network);
  const spans = built('traces', options.traceExporters, (name) => spanProcessor(name, options, network));
  const metrics = built('metrics', options.metricExporters, (name) => metricReader(name, options, network));
  const logs = built('logs', options.logExporters, (name) => logProcessor(name, options, network));
  return {
    spanProcessors: [...(azure?.spanProcessors ?? []), ...spans],
    metricReaders: [...(azure?.metricReaders ?? []), ...metrics],
    logRecordProcessors: [...(azure?.logRecordProcessors ?? []), ...logs],
    network,
  };
}

function azureMonitor(options: ResolvedOptions, network: Network): AzureParts | undefined {
  const { azureConnectionString } = options;
  if (azureConnectionString === undefined) return undefined;
  try {
    return azureParts(azureConnectionString, options, network);
  } catch (error) {
    warn(`cannot export to Azure Monitor: ${inWords(error)}`);
    return undefined;
  }
}

function spoolOf({ spool }: ResolvedOptions): Spool | undefined {
  return spool && new Spool({ ...spool, warn });
}

function built<Name extends string, Part>(signal: Signal, names: readonly Name[], build: (name: Name) => Part): Part[] {
  return names.flatMap((name) => {
    try {
      return [build(name)];
    } catch (error) {
      warn(`cannot export ${signal} by ${name}: ${inWords(error).split('\n')[0]}`);
      return [];
    }
  });
}

function spanProcessor(name: TraceExporterName, options: ResolvedOptions, network: Network): SpanProcessor {
  if (name === 'console') return new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
  const { spanBatch, otlp } = options;
  const delivery =
    name === 'zipkin'
      ? zipkin(options, network)
      : otlpCourier(network, 'traces', otlp.traces, {
          maxItems: HELD * spanBatch.maxQueueSize,
          longestAttempt: spanBatch.exportTimeoutMillis,
        });
  return network.collects(new SpanBatchProcessor(delivery, spanBatch));
}

function metricReader(name: MetricExporterName, options: ResolvedOptions, network: Network): IMetricReader {
  if (name === 'prometheus') return prometheusReader(options);
  const times = { exportIntervalMillis: options.metricInterval, exportTimeoutMillis: options.metricTimeout };
  if (name === 'console') return new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), ...times });
  const delivery = otlpCourier(network, 'metrics', options.otlp.metrics, {
    maxItems: Number.POSITIVE_INFINITY,
    longestAttempt: options.metricTimeout,
  });
  return new PeriodicExportingMetricReader({ exporter: new MetricHandover(delivery, preferences()), ...times });
}

function logProcessor(name: LogExporterName, options: ResolvedOptions, network: Network): LogRecordProcessor {
  if (name === 'console') return new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() });
  const { logBatch, otlp } = options;
  const delivery = otlpCourier(network, 'logs', otlp.logs, {
    maxItems: HELD * logBatch.maxQueueSize,
    longestAttempt: logBatch.exportTimeoutMillis,
  });
  return network.collects(new LogBatchProcessor(delivery, logBatch));
}

/** `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, which the exporter reads itself. */
function preferences(): OTLPMetricExporterBase {
  return new OTLPMetricExporterBase({
    export() {},
    setMetrics() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  });
}

function zipkin(options: ResolvedOptions, network: Network): Delivery<ReadableSpan[]> {
  const Class = load<new () => SpanExporter>('@opentelemetry/exporter-zipkin', 'ZipkinExporter');
  return network.watch(
    new ExporterDelivery<ReadableSpan[]>(new Class(), {
      signal: 'traces',
      destination: network.destination(options.zipkinUrl, false),
      tally: new Tally('traces', options.zipkinUrl),
      timeout: options.spanBatch.exportTimeoutMillis,
      maxItems: 2 * options.spanBatch.maxQueueSize,
      count: COUNTS.traces,
    }),
  );
}

function prometheusReader({ prometheus }: ResolvedOptions): IMetricReader {
  type Reader = IMetricReader & { startServer(): Promise<void> };
  const Class = load<new (config: object) => Reader>('@opentelemetry/exporter-prometheus', 'PrometheusExporter');
  // Started by hand: what the constructor starts reports a taken port only to `diag`, as a bare error.
  const reader = new Class({ ...prometheus, preventServerStart: true });
  reader.startServer().catch((error: NodeJS.ErrnoException) => {
    warn(
      `cannot serve metrics to Prometheus on ${prometheus.host}:${prometheus.port} (${error.code ?? error.message}); OTEL_EXPORTER_PROMETHEUS_HOST and _PORT name another place`,
    );
  });
  return reader;
}

/** Loaded only when it is asked for. */
function load<T>(module: string, exported: string): T {
  return (createRequire(import.meta.url)(module) as Record<string, T>)[exported] as T;
}
