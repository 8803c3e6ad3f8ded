import { DataPointType } from '@opentelemetry/sdk-metrics';
import type { Telemetry } from './telemetry.js';

const DURATIONS = ['gen_ai.client.operation.duration', 'gen_ai.client.inference.duration'];

/** How many calls to models the metrics count, and the tokens that these used, over all instrumentation scopes. */
export async function measuredUsage({
  captured,
}: Telemetry): Promise<{ calls: number; input: number; output: number }> {
  const usage = { calls: 0, input: 0, output: 0 };
  for (const { descriptor, dataPointType, dataPoints } of await captured.metrics()) {
    if (dataPointType !== DataPointType.HISTOGRAM) continue;
    for (const { attributes, value } of dataPoints) {
      if (DURATIONS.includes(descriptor.name)) usage.calls += value.count;
      if (descriptor.name !== 'gen_ai.client.token.usage') continue;
      usage[attributes['gen_ai.token.type'] as 'input' | 'output'] += value.sum ?? 0;
    }
  }
  return usage;
}
