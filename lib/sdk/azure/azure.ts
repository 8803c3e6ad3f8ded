import type { Attributes } from '@opentelemetry/api';
import type { LogRecordExporter, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { ingestionEndpoint, normalized } from './connection-string.js';
import { completingEnvelopes } from './envelopes.js';
import { AdaptedExporter } from './exporter.js';
import { adaptLog } from './logs.js';
import { loadAzurePackage } from './package.js';
import { SpanMemory } from './span-memory.js';
import { adaptSpan } from './spans.js';
import { AzureTransport } from './transport.js';

/** How to reach Azure Monitor. */
export interface AzureOptions {
  /** As Application Insights shows it. */
  readonly connectionString: string;
  /** Where what cannot be sent is put until it can; without one, nothing is written to disk. */
  readonly storageDirectory?: string | undefined;
  /** Milliseconds that one export may take, all attempts together. Default: 10,000. */
  readonly timeout?: number | undefined;
  /** What is done to attributes before they leave the process, for those that are taken from live spans. */
  readonly clean?: ((attributes: Attributes) => Attributes) | undefined;
}

/** The exporters of Azure Monitor for all three signals, and what they need to see of spans and log records. */
export interface Azure {
  /** Origin of the endpoint, to name it in warnings. */
  readonly endpoint: string;
  readonly spanExporter: SpanExporter;
  readonly metricExporter: PushMetricExporter;
  readonly logExporter: LogRecordExporter;
  /** To be called at the start of every span, for the main agent of what stands below one. */
  readonly spanProcessor: SpanProcessor;
  /** To be called for every log record that is exported: the span's event of the same name is then left out. */
  readonly logProcessor: LogRecordProcessor;
  /** The process is about to end: no waiting before a next attempt. */
  close(): void;
  /** Gives up what is under way; its exports end as failures. */
  abandon(): void;
}

const TIMEOUT = 10_000;

/**
 * Builds the exporters. The package is loaded here and not before: it takes a quarter of a second.
 *
 * @throws Error with one sentence for the operator: a connection string that is none, or a package that is not installed
 */
export function createAzure({ connectionString, storageDirectory, timeout = TIMEOUT, clean }: AzureOptions): Azure {
  const endpoint = ingestionEndpoint(connectionString);
  const { AzureMonitorTraceExporter, AzureMonitorMetricExporter, AzureMonitorLogExporter } = loadAzurePackage();
  const memory = new SpanMemory(clean);
  const transport = new AzureTransport({ timeout, stores: storageDirectory !== undefined });
  const options = {
    ...transport.options,
    connectionString: normalized(connectionString),
    ...(storageDirectory === undefined ? { disableOfflineStorage: true } : { storageDirectory }),
  };
  const spans = completingEnvelopes(new AzureMonitorTraceExporter(options));
  const metrics = new AzureMonitorMetricExporter(options);
  const logs = completingEnvelopes(new AzureMonitorLogExporter(options));
  return {
    endpoint,
    spanExporter: new AdaptedExporter<ReadableSpan[]>(spans, transport, (batch) =>
      batch.map((span) => adaptSpan(span, memory)),
    ),
    metricExporter: new AdaptedMetricExporter(metrics, transport),
    logExporter: new AdaptedExporter<ReadableLogRecord[]>(logs, transport, (batch) => batch.map(adaptLog)),
    spanProcessor: memory.spanProcessor,
    logProcessor: memory.logProcessor,
    close: () => transport.close(),
    abandon: () => transport.abandon(),
  };
}

/** The metric exporter also says how to aggregate: as deltas, but for what goes up and down. */
class AdaptedMetricExporter extends AdaptedExporter<ResourceMetrics> implements PushMetricExporter {
  readonly selectAggregationTemporality: PushMetricExporter['selectAggregationTemporality'];

  constructor(inner: PushMetricExporter, transport: AzureTransport) {
    super(inner, transport, adaptMetrics);
    this.selectAggregationTemporality = inner.selectAggregationTemporality?.bind(inner);
  }
}

/**
 * Metrics without the points that say that nothing happened since the last export. The SDK reports every series of an
 * observed counter for ever, and Azure takes money for each point, and counts it in averages.
 */
export function adaptMetrics({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withoutNothing) })),
  };
}

function withoutNothing(metric: MetricData): MetricData {
  if (metric.aggregationTemporality !== AggregationTemporality.DELTA) return metric;
  if (metric.dataPointType === DataPointType.SUM && metric.isMonotonic) {
    return { ...metric, dataPoints: metric.dataPoints.filter(({ value }) => value !== 0) };
  }
  if (metric.dataPointType !== DataPointType.HISTOGRAM) return metric;
  return { ...metric, dataPoints: metric.dataPoints.filter(({ value }: { value: Histogram }) => value.count > 0) };
}
