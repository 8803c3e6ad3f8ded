import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Sender } from './attempt-result.js';
import { withSingleAttempts } from './http-attempt.js';
import { type Exporter, HttpSender } from './http-sender.js';
import { contentTypeOf, type OtlpTarget } from './otlp.js';
import type { BatchOf, Signal } from './signal.js';

const EXPORTERS = {
  'application/json': { traces: JsonTraceExporter, metrics: JsonMetricExporter, logs: JsonLogExporter },
  'application/x-protobuf': { traces: OTLPTraceExporter, metrics: OTLPMetricExporter, logs: OTLPLogExporter },
} as const;

/**
 * Sends batches by OpenTelemetry's exporter for OTLP over HTTP, which reads headers, compression, timeout and certificates
 * from `OTEL_EXPORTER_OTLP_*`.
 *
 * @throws TypeError where the URL is none
 */
export function httpBatchSender<S extends Signal>(signal: S, target: OtlpTarget): Sender<BatchOf[S]> {
  const contentType = contentTypeOf(target);
  const exporter = new EXPORTERS[contentType][signal]({ url: target.url }) as object as Exporter<BatchOf[S]>;
  return new HttpSender(withSingleAttempts(exporter), signal, contentType);
}
