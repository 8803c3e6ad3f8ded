import type { DataPoint, OtlpReceiver } from './otlp-receiver.js';

const OPERATION = 'gen_ai.operation.name';
const MODEL = 'gen_ai.request.model';
const ERROR = 'error.type';
const TOKEN_TYPE = 'gen_ai.token.type';
const DATA_SOURCE = 'gen_ai.data_source.id';

const COLUMNS = ['', 'calls', 'errors', 'mean', 'p95', 'max', 'first chunk', 'tokens in', 'tokens out'];

type Distribution = Pick<DataPoint, 'count' | 'sum' | 'min' | 'max' | 'bounds' | 'buckets'>;

/** A table of what the metrics say about each model, and what they say about retrieval. */
export function metricsSummary(received: OtlpReceiver): string {
  const durations = received.metric('gen_ai.client.operation.duration');
  const rows = [...new Set(durations.map(nameOf))].sort().map((name) => {
    const same = (point: DataPoint) => nameOf(point) === name;
    const points = durations.filter(same);
    const all = merge(points);
    const failed = points.filter((point) => point.attributes[ERROR]);
    const firstChunk = received.metric('gen_ai.client.operation.time_to_first_chunk').filter(same);
    const tokens = (type: string) =>
      received
        .metric('gen_ai.client.token.usage')
        .filter((point) => same(point) && point.attributes[TOKEN_TYPE] === type);
    return [
      name,
      String(all.count),
      failed.map((point) => `${point.count} (${point.attributes[ERROR]})`).join(' ') || '0',
      milliseconds(all.sum / all.count),
      milliseconds(percentile(all, 0.95)),
      milliseconds(all.max),
      firstChunk.length ? milliseconds(mean(firstChunk)) : '–',
      total(tokens('input')),
      total(tokens('output')),
    ];
  });

  const found = received.metric('annotel.retrieval.document.count');
  const retrievals = found.map(
    (point) =>
      `${point.attributes[DATA_SOURCE]}: ${point.count} queries, ${(point.sum / point.count).toFixed(1)} passages each`,
  );
  return [...table([COLUMNS, ...rows]), '', ...retrievals].join('\n');
}

function nameOf({ attributes }: DataPoint): string {
  return [attributes[OPERATION], attributes[MODEL]].filter(Boolean).join(' ');
}

function merge(points: DataPoint[]): Distribution {
  const buckets: number[] = [];
  for (const point of points) {
    for (const [index, count] of point.buckets.entries()) buckets[index] = (buckets[index] ?? 0) + count;
  }
  const add = (read: (point: DataPoint) => number) => points.reduce((sum, point) => sum + read(point), 0);
  return {
    count: add((point) => point.count),
    sum: add((point) => point.sum),
    min: Math.min(...points.map((point) => point.min)),
    max: Math.max(...points.map((point) => point.max)),
    bounds: points[0]?.bounds ?? [],
    buckets,
  };
}

function mean(points: DataPoint[]): number {
  const { sum, count } = merge(points);
  return sum / count;
}

/** As good as buckets allow: values are taken to lie evenly between the bounds of their bucket. */
function percentile({ count, bounds, buckets, min, max }: Distribution, share: number): number {
  let below = 0;
  for (const [index, inBucket] of buckets.entries()) {
    if (inBucket > 0 && below + inBucket >= share * count) {
      const lower = Math.max(bounds[index - 1] ?? min, min);
      const upper = Math.min(bounds[index] ?? max, max);
      return lower + ((upper - lower) * (share * count - below)) / inBucket;
    }
    below += inBucket;
  }
  return max;
}

function total(points: DataPoint[]): string {
  return points.length ? String(merge(points).sum) : '–';
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}

function table(rows: string[][]): string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
