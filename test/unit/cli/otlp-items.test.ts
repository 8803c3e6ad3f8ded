import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { itemsIn } from '../../../lib/cli/doctor/run/otlp-items.js';
import { type ContentType, encode } from '../../../lib/sdk/export/otlp.js';
import { finished } from '../../support/sdk-span.js';

describe.each<ContentType>(['application/json', 'application/x-protobuf'])('%s', (contentType) => {
  const read = (body: Uint8Array) => {
    const { count, names } = itemsIn(Buffer.from(body));
    return { count, names };
  };

  it('spans are counted, and named with their scope', () => {
    const spans = [
      finished({ name: 'work' }),
      finished({ name: 'work', id: '2' }),
      finished({ name: 'chat', id: '3' }),
    ];
    const { body } = encode('traces', spans, contentType);
    const expected = { count: 3, names: { 'test: work': 2, 'test: chat': 1 } };
    expect(read(body)).toEqual(expected);
    expect(read(gzipSync(body))).toEqual(expected);
  });

  it('metrics are', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter('test').createCounter('calls').add(1);
    provider.getMeter('test').createHistogram('duration').record(1);
    await provider.forceFlush();
    const [batch] = exporter.getMetrics();
    const { body } = encode('metrics', batch as NonNullable<typeof batch>, contentType);
    expect(read(body)).toEqual({ count: 2, names: { 'test: calls': 1, 'test: duration': 1 } });
    await provider.shutdown();
  });

  it('log records have no names', () => {
    const record = {
      hrTime: [1, 0],
      hrTimeObserved: [1, 0],
      body: 'hello',
      attributes: {},
      resource: { attributes: {} },
      instrumentationScope: { name: 'test' },
      droppedAttributesCount: 0,
    } as unknown as ReadableLogRecord;
    const { body } = encode('logs', [record, record], contentType);
    expect(read(body)).toEqual({ count: 2, names: {} });
  });
});

it('the same body has the same digest, compressed or not', () => {
  const body = Buffer.from('{"resourceSpans":[]}');
  expect(itemsIn(body).digest).toBe(itemsIn(gzipSync(body)).digest);
  expect(itemsIn(body).digest).not.toBe(itemsIn(Buffer.from('{}')).digest);
});
