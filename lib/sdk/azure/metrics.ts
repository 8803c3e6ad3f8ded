import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

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
