import { fileURLToPath } from 'node:url';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { startTelemetry } from 'annotel/sdk';

// A deployment sets these two in the environment of the service.
process.env['ANNOTEL_METRIC_CONTEXT'] ??= 'tenant,feature';
process.env['ANNOTEL_PRICES'] ??= fileURLToPath(new URL('../../prices.json', import.meta.url));

// Metrics stay in memory, so that the sample can show them; `OTEL_EXPORTER_OTLP_ENDPOINT` sends them elsewhere, too.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const telemetry = startTelemetry({
  serviceName: 'cost-sample',
  metricReaders: [new PeriodicExportingMetricReader({ exporter })],
});

/** The metrics of the service as they stand now, since its start. */
export async function emittedMetrics(): Promise<MetricData[]> {
  await telemetry.flush();
  return (
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
  );
}
