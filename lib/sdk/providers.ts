import { context, logs, metrics, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type IMetricReader, MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { type Sampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Limits } from './configuration/limits.js';

/** What the three signals are made of. A signal that goes nowhere has no processor or reader, and gets no provider. */
export interface Parts {
  readonly resource: Resource;
  readonly sampler: Sampler;
  readonly limits: Limits;
  readonly spanProcessor: SpanProcessor | undefined;
  readonly metricReaders: IMetricReader[];
  readonly views: ViewOptions[];
  readonly logRecordProcessor: LogRecordProcessor | undefined;
  readonly propagator: TextMapPropagator | undefined;
  /** Whether the SDK measures itself. */
  readonly sdkMetrics: boolean;
}

/** The registered providers. */
export interface Providers {
  /** Rejects where a processor or reader does. */
  shutdown(): Promise<void>;
}

/**
 * Makes the providers and registers them with the OpenTelemetry API, as `NodeSDK` of `@opentelemetry/sdk-node` does; that
 * package imports every exporter there is, which is most of its start-up time.
 */
export function registerProviders(parts: Parts): Providers {
  const { resource, sdkMetrics } = parts;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (parts.propagator) propagation.setGlobalPropagator(parts.propagator);

  const shutdowns: (() => Promise<void>)[] = [];
  let measuring: { meterProvider?: MeterProvider } = {};
  if (parts.metricReaders.length > 0) {
    const { metricReaders: readers, views } = parts;
    const provider = new MeterProvider({ resource, readers, views, sdkMetricsEnabled: sdkMetrics });
    metrics.setGlobalMeterProvider(provider);
    shutdowns.push(() => provider.shutdown());
    if (sdkMetrics) measuring = { meterProvider: provider };
  }
  if (parts.spanProcessor) {
    const { sampler, limits } = parts;
    const spanProcessors = [parts.spanProcessor];
    const provider = new TracerProvider({ resource, sampler, spanLimits: limits.span, spanProcessors, ...measuring });
    trace.setGlobalTracerProvider(provider);
    shutdowns.unshift(() => provider.shutdown());
  }
  if (parts.logRecordProcessor) {
    const processors = [parts.logRecordProcessor];
    const provider = new LoggerProvider({
      resource,
      processors,
      logRecordLimits: parts.limits.logRecord,
      ...measuring,
    });
    logs.setGlobalLoggerProvider(provider);
    shutdowns.unshift(() => provider.shutdown());
  }
  return {
    async shutdown() {
      // All at once, and each to its end, whatever becomes of the others.
      const ended = await Promise.allSettled(shutdowns.map(async (shutdown) => shutdown()));
      const failed = ended.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
