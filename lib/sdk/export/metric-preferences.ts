import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  type AggregationOption,
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

const EXPONENTIAL: AggregationOption = { type: AggregationType.EXPONENTIAL_HISTOGRAM };
const DEFAULT: AggregationOption = { type: AggregationType.DEFAULT };

/**
 * How metrics are summed up for OTLP: `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, which the stock exporter reads, and
 * `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`, which it does not.
 *
 * @param isExponential whether histograms have the buckets of the exponential one, where no view says otherwise
 */
export function metricPreferences(
  isExponential: boolean,
): Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'> {
  return new OTLPMetricExporter({
    aggregationPreference: (type) => (isExponential && type === InstrumentType.HISTOGRAM ? EXPONENTIAL : DEFAULT),
  });
}
