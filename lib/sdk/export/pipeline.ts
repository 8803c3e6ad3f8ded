import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { ConsoleLogRecordExporter, type LogRecordProcessor, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  ConsoleSpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { type AzureParts, azureParts } from '../azure/pipeline.js';
import type { LogExporterName, MetricExporterName, TraceExporterName } from '../configuration/exporting.js';
import type { ResolvedOptions } from '../options.js';
import { messageOf, warn } from '../warnings.js';
import type { Sender } from './attempt-result.js';
import { MemoryBacklog, type Room } from './backlog.js';
import { LogBatches, MetricHandOver, SpanBatches, WAITING } from './batch-processors.js';
import { ExportQueue } from './export-queue.js';
import { Exports } from './exports.js';
import { grpcBatchSender, grpcSender, useExporterEnvironment } from './grpc-sender.js';
import { httpBatchSender } from './http-exporters.js';
import { httpSender } from './http-sender.js';
import { metricPreferences } from './metric-preferences.js';
import { type ContentType, contentTypeOf, type Encoded, encode, type OtlpTarget } from './otlp.js';
import { servePrometheus } from './prometheus-server.js';
import { selfRetryingQueue } from './self-retrying-queue.js';
import { BATCHES, type Batches, type BatchOf, type Signal } from './signal.js';
import { Spool } from './spool.js';

const require = createRequire(import.meta.url);

/** The processors and readers that export the three signals. */
export interface Pipeline {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: IMetricReader[];
  readonly logRecordProcessors: LogRecordProcessor[];
  /** Their queues. */
  readonly exports: Exports;
}

// Of batches that wait in memory, for each signal, whatever the number of items.
const MOST_BYTES = 16 * 1024 * 1024;
// How often a thread looks whether it has anything to serve to Prometheus.
const THREAD_LOOK_MILLIS = 2000;

/**
 * Builds the exporters that are configured, and no other. One that cannot be built costs a warning.
 *
 * @param undo collects the steps that undo the start
 */
export function createPipeline(options: ResolvedOptions, undo: (() => void)[] = []): Pipeline {
  useExporterEnvironment(options.exporterEnvironment);
  const exports = new Exports(options.spoolDir === undefined ? undefined : new Spool({ dir: options.spoolDir, warn }));
  const azure = azureMonitor(options, exports);
  const spans = built('traces', options.traceExporters, (name) => spanProcessor(name, options, exports));
  const metrics = built('metrics', options.metricExporters, (name) => metricReader(name, options, exports, undo));
  const logs = built('logs', options.logExporters, (name) => logProcessor(name, options, exports));
  return {
    spanProcessors: [...(azure?.spanProcessors ?? []), ...spans],
    metricReaders: [...(azure?.metricReaders ?? []), ...metrics],
    logRecordProcessors: [...(azure?.logRecordProcessors ?? []), ...logs],
    exports,
  };
}

function azureMonitor(options: ResolvedOptions, exports: Exports): AzureParts | undefined {
  const { azureConnectionString } = options;
  if (azureConnectionString === undefined) return undefined;
  try {
    return azureParts(azureConnectionString, options, exports);
  } catch (error) {
    warn(`cannot export to Azure Monitor: ${messageOf(error)}`);
    return undefined;
  }
}

function built<Name extends string, Part>(signal: Signal, names: readonly Name[], build: (name: Name) => Part): Part[] {
  return names.flatMap((name) => {
    try {
      return [build(name)];
    } catch (error) {
      warn(`cannot export ${signal} by ${name}: ${messageOf(error).split('\n')[0]}`);
      return [];
    }
  });
}

function spanProcessor(name: TraceExporterName, options: ResolvedOptions, exports: Exports): SpanProcessor {
  if (name === 'console') return new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
  const most = WAITING * options.spanBatch.maxQueueSize;
  const queue = name === 'zipkin' ? zipkinQueue(options, exports) : otlpQueue('traces', options, exports, most);
  return exports.addBatches(new SpanBatches(queue, options.spanBatch));
}

function metricReader(
  name: MetricExporterName,
  options: ResolvedOptions,
  exports: Exports,
  undo: (() => void)[],
): IMetricReader {
  if (name === 'prometheus') return prometheusReader(options, undo);
  const times = { exportIntervalMillis: options.metricInterval, exportTimeoutMillis: options.metricTimeout };
  if (name === 'console') return new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), ...times });
  const queue = otlpQueue('metrics', options, exports, Number.POSITIVE_INFINITY);
  return new PeriodicExportingMetricReader({
    exporter: new MetricHandOver(queue, metricPreferences(options.histograms === 'base2_exponential_bucket_histogram')),
    ...times,
  });
}

function logProcessor(name: LogExporterName, options: ResolvedOptions, exports: Exports): LogRecordProcessor {
  if (name === 'console') return new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() });
  const queue = otlpQueue('logs', options, exports, WAITING * options.logBatch.maxQueueSize);
  return exports.addBatches(new LogBatches(queue, options.logBatch));
}

/**
 * The queue of one signal on its way by OTLP.
 *
 * @param most items that may be held in memory
 */
function otlpQueue<S extends Signal>(
  signal: S,
  { otlp, resource }: ResolvedOptions,
  exports: Exports,
  most: number,
): ExportQueue<BatchOf[S]> {
  const target = otlp[signal];
  const limit: Room = { items: most, bytes: MOST_BYTES };
  const batches = BATCHES[signal] as Batches<BatchOf[S]>;
  const encoded = (batch: BatchOf[S]) => encode(signal, batch, contentTypeOf(target));
  const label = { signal, url: target.url, service: resource.serviceName ?? '' };
  // Metrics are spooled like the rest: a cumulative value is right however late it arrives, and of deltas none may be missing.
  const spooled = exports.spool?.open(label, limit, encoded, batches.count);
  return exports.add(
    new ExportQueue({
      signal,
      destination: exports.destination(target.url),
      batches,
      sender: (spooled ? encodedSender(signal, target) : batchSender(signal, target)) as Sender<unknown>,
      backlog: spooled ?? new MemoryBacklog(limit, batches, encoded),
      target,
    }),
  );
}

function batchSender<S extends Signal>(signal: S, target: OtlpTarget): Sender<BatchOf[S]> {
  return target.protocol === 'grpc' ? grpcBatchSender(signal, target) : httpBatchSender(signal, target);
}

/** A spool may hold JSON and protobuf: the protocol may have been changed since. */
function encodedSender(signal: Signal, target: OtlpTarget): Sender<Encoded> {
  if (target.protocol === 'grpc') return grpcSender(signal, target);
  const sender = (contentType: ContentType) => httpSender(signal, target.url, contentType);
  const json = sender('application/json');
  const protobuf = sender('application/x-protobuf');
  return {
    send: (encoded) => (encoded.contentType === 'application/json' ? json : protobuf).send(encoded),
    abandon() {
      json.abandon();
      protobuf.abandon();
    },
    shutdown() {
      json.shutdown();
      protobuf.shutdown();
    },
  };
}

function zipkinQueue(
  { zipkinUrl, zipkinTimeout, spanBatch }: ResolvedOptions,
  exports: Exports,
): ExportQueue<ReadableSpan[]> {
  const { ZipkinExporter }: { ZipkinExporter: new () => SpanExporter } = require('@opentelemetry/exporter-zipkin');
  const numbers = { most: 2 * spanBatch.maxQueueSize, timeout: Math.min(zipkinTimeout, spanBatch.exportTimeoutMillis) };
  return exports.add(selfRetryingQueue('traces', new ZipkinExporter(), exports.destination(zipkinUrl, false), numbers));
}

function prometheusReader({ prometheus }: ResolvedOptions, undo: (() => void)[]): IMetricReader {
  const {
    PrometheusExporter,
  }: typeof import('@opentelemetry/exporter-prometheus') = require('@opentelemetry/exporter-prometheus');
  // Its own server reports a port that is in use only to `diag`, and workers of a cluster share it.
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serve = () =>
    servePrometheus(prometheus, (request, response) => reader.getMetricsRequestHandler(request, response));
  undo.push(isMainThread ? serve() : onceItHasMetrics(reader, serve));
  return reader;
}

/** Most threads are those of libraries, as of esbuild under tsx, and record nothing that is worth a port. */
function onceItHasMetrics(reader: IMetricReader, serve: () => () => void): () => void {
  let stop: (() => void) | undefined;
  const look = async () => {
    const { resourceMetrics } = await reader.collect();
    if (resourceMetrics.scopeMetrics.length === 0 || stop) return;
    clearInterval(timer);
    stop = serve();
  };
  const timer = setInterval(() => look().catch(() => {}), THREAD_LOOK_MILLIS).unref();
  return () => {
    clearInterval(timer);
    stop?.();
  };
}
