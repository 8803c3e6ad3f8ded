import { afterEach, expect, test } from '@jest/globals';
import { type LogRecord, logs, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api';
import { Traced } from '../../../lib/index.js';

/* What other SDKs than 3.x make of what annotel hands them. */

afterEach(() => {
  for (const api of [trace, logs]) api.disable();
});

const work = Traced()(function work() {});

test('a span begins and ends in milliseconds since the epoch, which is what each of them understands', () => {
  const times: unknown[] = [];
  const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 });
  const startSpan = (_name: string, options?: SpanOptions): Span => {
    times.push(options?.startTime);
    return Object.assign(Object.create(span), { end: (time: unknown) => times.push(time) });
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer });
  const before = Date.now();
  work();
  const [start, end] = times as [number, number];
  expect(start).toBeGreaterThanOrEqual(before);
  expect(start).toBeLessThanOrEqual(Date.now());
  expect(end).toBeGreaterThanOrEqual(start);
  expect(end).toBeLessThan(start + 60_000);
});

test.each([
  ['of before there were names of events', undefined, 'annotel.call'],
  ['that has a field for the name of an event', () => true, undefined],
])('a logger %s', (_kind, enabled, name) => {
  const emitted: LogRecord[] = [];
  const logger = { emit: (record: LogRecord) => emitted.push(record), enabled };
  logs.setGlobalLoggerProvider({ getLogger: () => logger as never });
  work();
  expect(emitted).toMatchObject([{ eventName: 'annotel.call' }]);
  expect(emitted[0]?.attributes?.['event.name']).toBe(name);
});
