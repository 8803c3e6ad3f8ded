import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { WatchedExporter, WatchedMetricExporter } from './delivery.js';
import type { LogExporterName, MetricExporterName, ResolvedOptions, Signal, TraceExporterName } from './options.js';
import { fromSdkNode, type Otlp, otlpLogs, otlpMetrics, otlpTraces } from './otlp.js';
import { Destination } from './outage.js';
import { warn } from './warnings.js';

/** What carries the three signals out of the process. */
export interface Pipeline {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: IMetricReader[];
  readonly logRecordProcessors: LogRecordProcessor[];
  /** The exporters among them that send over a network. */
  readonly network: Network;
}

/** Builds the exporters that are configured, and no other. One that cannot be built costs a warning. */
export function createPipeline(options: ResolvedOptions): Pipeline {
  const network = new Network();
  return {
    spanProcessors: built('traces', options.traceExporters, (name) => spanProcessor(name, options, network)),
    metricReaders: built('metrics', options.metricExporters, (name) => metricReader(name, options, network)),
    logRecordProcessors: built('logs', options.logExporters, (name) => logProcessor(name, options, network)),
    network,
  };
}

type Departing = Pick<WatchedExporter<never>, 'forceFlush' | 'close' | 'abandon'>;

/** The exporters that send over a network, and the places they send to. */
export class Network {
  readonly #exporters: Departing[] = [];
  readonly #destinations = new Map<string, Destination>();

  destination(url: string): Destination {
    const name = originOf(url);
    const destination = this.#destinations.get(name) ?? new Destination(name);
    this.#destinations.set(name, destination);
    return destination;
  }

  watch<E extends Departing>(exporter: E): E {
    this.#exporters.push(exporter);
    return exporter;
  }

  /** No second attempts from now on. */
  close(): void {
    for (const exporter of this.#exporters) exporter.close();
  }

  /** Resolves when every export under way has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => exporter.forceFlush()));
  }

  /** Gives up whatever is under way and lets go of its sockets; says how many exports that were. */
  abandon(reason: string): number {
    return this.#exporters.reduce((sum, exporter) => sum + exporter.abandon(reason), 0);
  }
}

function built<Name extends string, Part>(signal: Signal, names: readonly Name[], build: (name: Name) => Part): Part[] {
  return names.flatMap((name) => {
    try {
      return [build(name)];
    } catch (error) {
      warn(`cannot export ${signal} by ${name}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
      return [];
    }
  });
}

function spanProcessor(name: TraceExporterName, options: ResolvedOptions, network: Network): SpanProcessor {
  if (name === 'console') return new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
  const { exporter: inner, transport } = name === 'zipkin' ? zipkin() : otlpTraces(options);
  const exporter = network.watch(
    new WatchedExporter(inner, {
      signal: 'traces',
      destination: network.destination(name === 'zipkin' ? options.zipkinUrl : options.otlp.traces.url),
      transport,
      timeout: options.spanBatch.exportTimeoutMillis,
      capacity: 2 * options.spanBatch.maxQueueSize,
      count: (spans) => ({ spans: spans.length }),
    }),
  );
  return new BatchSpanProcessor({ exporter, ...options.spanBatch });
}

function metricReader(name: MetricExporterName, options: ResolvedOptions, network: Network): IMetricReader {
  if (name === 'prometheus') return prometheusReader(options);
  const times = { exportIntervalMillis: options.metricInterval, exportTimeoutMillis: options.metricTimeout };
  if (name === 'console') return new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), ...times });
  const { exporter: inner, transport } = otlpMetrics(options);
  const exporter = network.watch(
    new WatchedMetricExporter(inner, {
      signal: 'metrics',
      destination: network.destination(options.otlp.metrics.url),
      transport,
      timeout: options.metricTimeout,
      capacity: Number.POSITIVE_INFINITY,
      count: ({ scopeMetrics }) => ({ metrics: scopeMetrics.reduce((sum, { metrics }) => sum + metrics.length, 0) }),
    }),
  );
  return new PeriodicExportingMetricReader({ exporter, ...times });
}

function logProcessor(name: LogExporterName, options: ResolvedOptions, network: Network): LogRecordProcessor {
  if (name === 'console') return new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() });
  const { exporter: inner, transport } = otlpLogs(options);
  const exporter = network.watch(
    new WatchedExporter(inner, {
      signal: 'logs',
      destination: network.destination(options.otlp.logs.url),
      transport,
      timeout: options.logBatch.exportTimeoutMillis,
      capacity: 2 * options.logBatch.maxQueueSize,
      count: (records) => ({ 'log records': records.length }),
    }),
  );
  return new BatchLogRecordProcessor({ exporter, ...options.logBatch });
}

function zipkin(): Otlp<'traces'> {
  const Class = fromSdkNode<new () => SpanExporter>('@opentelemetry/exporter-zipkin', 'ZipkinExporter');
  return { exporter: new Class(), transport: undefined };
}

function prometheusReader({ prometheus }: ResolvedOptions): IMetricReader {
  type Reader = IMetricReader & { startServer(): Promise<void> };
  const Class = fromSdkNode<new (config: object) => Reader>('@opentelemetry/exporter-prometheus', 'PrometheusExporter');
  // Started by hand: what the constructor starts reports a taken port only to `diag`, as a bare error.
  const reader = new Class({ ...prometheus, preventServerStart: true });
  reader.startServer().catch((error: NodeJS.ErrnoException) => {
    warn(
      `cannot serve metrics to Prometheus on ${prometheus.host}:${prometheus.port} (${error.code ?? error.message})`,
    );
  });
  return reader;
}

function originOf(url: string): string {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? url : origin;
}
