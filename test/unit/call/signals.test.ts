import { afterEach, describe, expect, test } from '@jest/globals';
import { logs, metrics, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SCOPE_NAME, SCOPE_VERSION } from '../../../lib/call/names.js';
import { configure, Traced } from '../../../lib/index.js';
import { captureTelemetry } from '../../../lib/testing/index.js';

const asked: string[] = [];
/** Decorated before any SDK is registered, as methods are in an app. */
const work = Traced({
  attributes: () => {
    asked.push('attributes');
    return { given: true };
  },
  result: () => {
    asked.push('result');
    return {};
  },
  log: 'all',
})(function work(fails: boolean): string {
  if (fails) throw new Error('no');
  return 'done';
});

afterEach(() => {
  asked.length = 0;
  for (const api of [trace, metrics, logs]) api.disable();
  configure({ semconv: '1.41' });
});

function registerSpans(): () => string[] {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  return () => exporter.getFinishedSpans().map(({ name }) => name);
}

function registerMetrics(): () => Promise<string[]> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1 << 30 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return async () => {
    await reader.forceFlush();
    const [collected] = exporter.getMetrics().slice(-1);
    await reader.shutdown();
    return (collected?.scopeMetrics ?? []).flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name));
  };
}

function registerLogs(): () => unknown[] {
  const exporter = new InMemoryLogRecordExporter();
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
  return () => exporter.getFinishedLogRecords().map(({ body }) => body);
}

test('without an SDK a method runs as if it were not decorated: nothing is asked', () => {
  expect(work(false)).toBe('done');
  expect(() => work(true)).toThrow('no');
  expect(asked).toEqual([]);
});

describe('an SDK may come after the decorators and after calls, with', () => {
  test('spans only', () => {
    work(false);
    const spans = registerSpans();
    work(false);
    expect(spans()).toEqual(['work']);
  });

  test('metrics only', async () => {
    work(false);
    const recorded = registerMetrics();
    work(false);
    expect((await recorded()).sort()).toEqual(['annotel.call.duration', 'annotel.calls']);
    expect(asked).toEqual(['attributes', 'result']);
  });

  test('logs only', () => {
    work(false);
    const bodies = registerLogs();
    work(false);
    expect(() => work(true)).toThrow('no');
    expect(bodies()).toEqual(['work succeeded', 'work failed: Error']);
  });

  test('one signal after the other', async () => {
    const spans = registerSpans();
    work(false);
    const bodies = registerLogs();
    work(false);
    const recorded = registerMetrics();
    work(false);
    expect(spans()).toHaveLength(3);
    expect(bodies()).toHaveLength(2);
    expect(await recorded()).toContain('annotel.calls');
  });
});

test('an SDK may be replaced', async () => {
  const first = captureTelemetry();
  work(false);
  await first.stop();
  work(false);
  const second = captureTelemetry();
  work(false);
  expect(second.spans).toHaveLength(1);
  const calls = (await second.metrics()).find(({ descriptor }) => descriptor.name === 'annotel.calls');
  expect(calls?.dataPoints.map(({ value }) => value)).toEqual([1]);
  await second.stop();
});

test.each([
  ['1.41', 'https://opentelemetry.io/schemas/1.41.0'],
  ['latest', undefined],
  ['both', undefined],
] as const)(
  'the scope names annotel and its version, and in generation %s the schema %s',
  async (semconv, schemaUrl) => {
    const telemetry = captureTelemetry({ settings: { semconv } });
    work(false);
    const scope = { name: SCOPE_NAME, version: SCOPE_VERSION };
    expect(SCOPE_NAME).toBe('annotel');
    for (const [signal] of [telemetry.spans, telemetry.logs]) {
      expect(signal?.instrumentationScope).toMatchObject(scope);
      expect(signal?.instrumentationScope.schemaUrl).toBe(schemaUrl);
    }
    await telemetry.stop();
  },
);
