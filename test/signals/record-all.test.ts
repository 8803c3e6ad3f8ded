import { describe, expect, test } from '@jest/globals';
import type { Histogram } from '@opentelemetry/api';
import {
  createAllowListAttributesProcessor,
  MeterProvider,
  MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { recordAll } from '../../lib/signals/record-all.js';

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const VALUES = [0.5, 0.02, 12, 0.0001, 7, 7, 300];
const one = { model: 'm', provider: 'p' };
const other = { model: 'n', provider: 'p' };

/** What each reader collects after `record`. */
async function collected(readers: number, views: ViewOptions[], record: (histogram: Histogram) => void) {
  const all = Array.from({ length: readers }, () => new Reader());
  const meter = new MeterProvider({ readers: all, views }).getMeter('test');
  record(meter.createHistogram('gaps', { advice: { explicitBucketBoundaries: [0.01, 1, 10] } }));
  return Promise.all(
    all.map(async (reader) => {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      return all.flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => ({ attributes, value })));
    }),
  );
}

describe.each<[string, number, ViewOptions[]]>([
  ['one reader', 1, []],
  ['two readers', 2, []],
  [
    'a view that takes attributes away',
    1,
    [{ instrumentName: 'gaps', attributesProcessors: [createAllowListAttributesProcessor(['provider'])] }],
  ],
])('with %s', (_with, readers, views) => {
  test('many values are told as if each had been recorded by itself', async () => {
    const together = await collected(readers, views, (histogram) => {
      recordAll(histogram, VALUES, one);
      recordAll(histogram, [1], other);
      recordAll(histogram, [], { never: true });
      recordAll(histogram, Float64Array.of(2, 3), one);
    });
    const singly = await collected(readers, views, (histogram) => {
      for (const value of VALUES) histogram.record(value, one);
      histogram.record(1, other);
      for (const value of [2, 3]) histogram.record(value, one);
    });
    expect(together).toEqual(singly);
    expect(together).toHaveLength(readers);
    expect(together[0]?.length).toBe(views.length ? 1 : 2);
  });
});

test.each<[string, object]>([
  ['nothing known', {}],
  ['a storage without series', { _writableMetricStorage: { hasAttributeProcessor: false, _deltaMetricStorage: {} } }],
  [
    'series that record in another way',
    {
      _writableMetricStorage: {
        hasAttributeProcessor: false,
        _deltaMetricStorage: { _activeCollectionStorage: { get: () => ({ add() {} }) } },
      },
    },
  ],
])('a histogram with %s inside is asked for each value', (_inside, internals) => {
  const recorded: unknown[] = [];
  recordAll({ ...internals, record: (...args: unknown[]) => recorded.push(args) } as Histogram, [1, 2, 3], one);
  expect(recorded).toEqual([
    [1, one],
    [2, one],
    [3, one],
  ]);
});
