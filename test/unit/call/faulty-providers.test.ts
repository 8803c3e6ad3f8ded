import { afterEach, expect, test } from '@jest/globals';
import { logs, metrics, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Traced } from '../../../lib/index.js';

afterEach(() => {
  for (const api of [trace, metrics, logs]) api.disable();
});

const faulty = (): never => {
  throw new Error('a provider that throws');
};
const work = Traced()(function work(value: number) {
  return value;
});

test.each<[string, () => void]>([
  ['tracer', () => trace.setGlobalTracerProvider({ getTracer: faulty })],
  ['meter', () => metrics.setGlobalMeterProvider({ getMeter: faulty })],
  ['logger', () => logs.setGlobalLoggerProvider({ getLogger: faulty })],
])('a %s provider that throws does not reach the call', (_signal, register) => {
  register();
  expect([work(1), work(2)]).toEqual([1, 2]);
});

test('a provider that throws costs its own signal only', () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  metrics.setGlobalMeterProvider({ getMeter: faulty });
  expect(work(1)).toBe(1);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['work']);
});
