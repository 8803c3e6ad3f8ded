import tls from 'node:tls';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Azure, type AzureOptions, createAzure } from '../../lib/sdk/azure/azure.js';
import { Ingestion } from './azure-ingestion.js';

/** OpenTelemetry for this process, exporting all three signals to a local stand-in for Azure Monitor. */
export class AzureTelemetry {
  private constructor(
    readonly ingestion: Ingestion,
    readonly azure: Azure,
    private readonly providers: readonly { forceFlush(): Promise<void>; shutdown(): Promise<void> }[],
  ) {}

  static async start(options: Partial<AzureOptions> = {}): Promise<AzureTelemetry> {
    const ingestion = await trusted();
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
    return new AzureTelemetry(ingestion, azure, [tracers, loggers, meters]);
  }

  /** Sends what there is. */
  async flush(): Promise<void> {
    await Promise.all(this.providers.map((provider) => provider.forceFlush()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.providers.map((provider) => provider.shutdown()));
    for (const api of [trace, logs, metrics, context, propagation]) api.disable();
    await this.ingestion.close();
  }
}

/** An ingestion endpoint whose certificate this process trusts. */
export async function trusted(): Promise<Ingestion> {
  const ingestion = await Ingestion.start();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ingestion.certificate]);
  return ingestion;
}
