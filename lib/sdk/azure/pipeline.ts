import { join } from 'node:path';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type IMetricReader, PeriodicExportingMetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SCOPE_NAME } from '../../signals/scope.js';
import { COUNTS } from '../delivery/encoding.js';
import { type Exporter, ExporterDelivery } from '../delivery/exporter-delivery.js';
import type { Network } from '../delivery/network.js';
import type { Signal } from '../delivery/parcel.js';
import { LogBatchProcessor, MetricHandover, SpanBatchProcessor } from '../delivery/processors.js';
import { Tally } from '../delivery/tally.js';
import type { ResolvedOptions } from '../options.js';
import { Cleaner } from '../outgoing/cleaner.js';
import { createAzure } from './azure.js';

/** What carries the three signals to Azure Monitor. */
export interface AzureParts {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: IMetricReader[];
  readonly logRecordProcessors: LogRecordProcessor[];
}

/** @throws Error with one sentence for the operator, where the package is not installed, say */
export function azureParts(connectionString: string, options: ResolvedOptions, network: Network): AzureParts {
  const { spool, spanBatch, logBatch, metricInterval, metricTimeout, dropAttributes } = options;
  const cleaner = new Cleaner(dropAttributes);
  const azure = createAzure({
    connectionString,
    // The exporter keeps what it cannot send in a format, and a folder, of its own.
    storageDirectory: spool && join(spool.dir, 'azure'),
    clean: (attributes) => cleaner.attributes(attributes, SCOPE_NAME),
  });
  const deliver = <Batch>(
    signal: Signal,
    exporter: Exporter<Batch>,
    timeout: number,
    maxItems: number,
    count: (batch: Batch) => number,
  ) => {
    const destination = network.destination(azure.endpoint, spool !== undefined);
    const tally = new Tally(signal, azure.endpoint);
    return network.watch(new ExporterDelivery(exporter, { signal, destination, tally, timeout, maxItems, count }));
  };
  network.watch({
    settled: async () => {},
    close: azure.close,
    abandon: () => {
      azure.abandon();
      return 0;
    },
  });
  const { spanExporter, logExporter, metricExporter } = azure;
  const spans = deliver<ReadableSpan[]>(
    'traces',
    spanExporter,
    spanBatch.exportTimeoutMillis,
    2 * spanBatch.maxQueueSize,
    COUNTS.traces,
  );
  const logs = deliver<ReadableLogRecord[]>(
    'logs',
    logExporter,
    logBatch.exportTimeoutMillis,
    2 * logBatch.maxQueueSize,
    COUNTS.logs,
  );
  const metrics = deliver<ResourceMetrics>(
    'metrics',
    metricExporter,
    metricTimeout,
    Number.POSITIVE_INFINITY,
    COUNTS.metrics,
  );
  const times = { exportIntervalMillis: metricInterval, exportTimeoutMillis: metricTimeout };
  return {
    spanProcessors: [azure.spanProcessor, network.collects(new SpanBatchProcessor(spans, spanBatch))],
    metricReaders: [
      new PeriodicExportingMetricReader({ exporter: new MetricHandover(metrics, metricExporter), ...times }),
    ],
    logRecordProcessors: [azure.logProcessor, network.collects(new LogBatchProcessor(logs, logBatch))],
  };
}
