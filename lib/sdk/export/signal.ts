import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** The three signals, each exported by itself. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** What one export of a signal is given. */
export interface BatchOf {
  traces: ReadableSpan[];
  metrics: ResourceMetrics;
  logs: ReadableLogRecord[];
}

/** How a batch of a signal is counted, measured and split. */
export interface Batches<Batch> {
  /** Spans, log records or metric data points. */
  count(batch: Batch): number;
  /** About how many bytes it holds in memory. */
  weigh(batch: Batch): number;
  /** The two halves; the batch itself where it cannot be split. */
  halve(batch: Batch): Batch[];
}

const WORDS = { traces: 'span', metrics: 'data point', logs: 'log record' } as const;
// Bytes of an item, and of a value, beside the characters of its texts.
const ITEM = 400;
const VALUE = 40;
const DEEPEST = 8;
const MOST_WEIGHED = 16;

/** A number of items in words: `12 spans`. */
export function inItems(signal: Signal, items: number): string {
  return `${items} ${WORDS[signal]}${items === 1 ? '' : 's'}`;
}

export const BATCHES: { readonly [S in Signal]: Batches<BatchOf[S]> } = {
  traces: {
    count: (spans) => spans.length,
    weigh: (spans) => weighed(spans, ({ attributes, events }) => weight(attributes) + weight(events)),
    halve: halves,
  },
  metrics: { count: dataPoints, weigh: (metrics) => ITEM * dataPoints(metrics), halve: (metrics) => [metrics] },
  logs: {
    count: (records) => records.length,
    weigh: (records) => weighed(records, ({ attributes, body }) => weight(attributes) + weight(body)),
    halve: halves,
  },
};

/** Measures a sample of 16 items at most, and extrapolates. */
function weighed<T>(items: readonly T[], weigh: (item: T) => number): number {
  const step = Math.ceil(items.length / MOST_WEIGHED);
  let sum = 0;
  for (let index = 0; index < items.length; index += step) sum += ITEM + weigh(items[index] as T);
  return sum * step;
}

function dataPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics.flatMap(({ metrics }) => metrics).reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
}

function halves<T>(items: T[]): T[][] {
  const half = Math.ceil(items.length / 2);
  return items.length > 1 ? [items.slice(0, half), items.slice(half)] : [items];
}

function weight(value: unknown, depth = 0): number {
  if (typeof value === 'string') return VALUE + value.length;
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return VALUE;
  if (ArrayBuffer.isView(value)) return VALUE + value.byteLength;
  let sum = VALUE;
  for (const key in value) sum += weight((value as Record<string, unknown>)[key], depth + 1);
  return sum;
}
