import tls from 'node:tls';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type AzureOptions, createAzure } from '../../lib/sdk/azure/azure.js';
import { Ingestion } from './azure-ingestion.js';

/** What tests of the export to Azure Monitor look at. */
export interface AzureTelemetry {
  ingestion(): Ingestion;
  /** Sends what there is. */
  flush(): Promise<void>;
}

/** OpenTelemetry for one suite of tests, exporting all three signals to a local stand-in for Azure Monitor. */
export function useAzureTelemetry(options: Partial<AzureOptions> = {}): AzureTelemetry {
  let ingestion: Ingestion;
  let providers: (TracerProvider | LoggerProvider | MeterProvider)[];

  beforeAll(async () => {
    ingestion = await trusted();
    const azure = createAzure({ connectionString: ingestion.connectionString, ...options });
    const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'one' });
    const tracers = new TracerProvider({
      resource,
      spanProcessors: [azure.spanProcessor, new BatchSpanProcessor({ exporter: azure.spanExporter })],
    });
    const loggers = new LoggerProvider({
      resource,
      processors: [azure.logProcessor, new BatchLogRecordProcessor({ exporter: azure.logExporter })],
    });
    const meters = new MeterProvider({
      resource,
      readers: [new PeriodicExportingMetricReader({ exporter: azure.metricExporter })],
    });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(tracers);
    logs.setGlobalLoggerProvider(loggers);
    metrics.setGlobalMeterProvider(meters);
    providers = [tracers, loggers, meters];
  });
  afterEach(() => {
    ingestion.reset();
  });
  afterAll(async () => {
    await Promise.all(providers.map((provider) => provider.shutdown()));
    for (const api of [trace, logs, metrics, context, propagation]) api.disable();
    await ingestion.close();
  });

  return {
    ingestion: () => ingestion,
    async flush() {
      await Promise.all(providers.map((provider) => provider.forceFlush()));
    },
  };
}

/** An ingestion endpoint whose certificate this process trusts. */
export async function trusted(): Promise<Ingestion> {
  const ingestion = await Ingestion.start();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ingestion.certificate]);
  return ingestion;
}
