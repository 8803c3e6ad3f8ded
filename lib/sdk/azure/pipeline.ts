import { join } from 'node:path';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { SCOPE_NAME } from '../../genai/semconv.js';
import { Cleaner } from '../../privacy/cleaning/cleaner.js';
import { LogBatches, MetricHandOver, SpanBatches } from '../export/batch-processors.js';
import type { Exports } from '../export/exports.js';
import { type RetryingExporter, selfRetryingQueue } from '../export/self-retrying-queue.js';
import type { BatchOf, Signal } from '../export/signal.js';
import type { ResolvedOptions } from '../options.js';
import { createAzure } from './azure.js';

/** What carries the three signals to Azure Monitor. */
export interface AzureParts {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: IMetricReader[];
  readonly logRecordProcessors: LogRecordProcessor[];
}

/** @throws Error with one sentence for the operator, where the package is not installed, say */
export function azureParts(connectionString: string, options: ResolvedOptions, exports: Exports): AzureParts {
  const { spoolDir, spanBatch, logBatch, metricInterval, metricTimeout, dropAttributes } = options;
  const cleaner = new Cleaner(dropAttributes);
  const azure = createAzure({
    connectionString,
    // The exporter keeps what it cannot send in a format, and a folder, of its own.
    storageDirectory: spoolDir && join(spoolDir, 'azure'),
    clean: (attributes) => cleaner.attributes(attributes, SCOPE_NAME),
  });
  const destination = exports.destination(azure.endpoint, spoolDir !== undefined);
  const queue = <S extends Signal>(signal: S, exporter: RetryingExporter<BatchOf[S]>, most: number, timeout: number) =>
    exports.add(selfRetryingQueue(signal, exporter, destination, { most, timeout }));
  exports.add({
    settled: async () => {},
    close: azure.close,
    abandon: () => {
      azure.abandon();
      return 0;
    },
  });
  const { spanExporter, logExporter, metricExporter } = azure;
  const spans = queue('traces', spanExporter, 2 * spanBatch.maxQueueSize, spanBatch.exportTimeoutMillis);
  const logs = queue('logs', logExporter, 2 * logBatch.maxQueueSize, logBatch.exportTimeoutMillis);
  const metrics = new MetricHandOver(
    queue('metrics', metricExporter, Number.POSITIVE_INFINITY, metricTimeout),
    metricExporter,
  );
  const times = { exportIntervalMillis: metricInterval, exportTimeoutMillis: metricTimeout };
  return {
    spanProcessors: [azure.spanProcessor, exports.addBatches(new SpanBatches(spans, spanBatch))],
    metricReaders: [new PeriodicExportingMetricReader({ exporter: metrics, ...times })],
    logRecordProcessors: [azure.logProcessor, exports.addBatches(new LogBatches(logs, logBatch))],
  };
}
