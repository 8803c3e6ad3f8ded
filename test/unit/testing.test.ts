import { afterEach, expect, test } from '@jest/globals';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { Traced } from '../../lib/index.js';
import { settings } from '../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../lib/testing/index.js';

let telemetry: CapturedTelemetry | undefined;
const capture = (...options: Parameters<typeof captureTelemetry>) => {
  telemetry = captureTelemetry(...options);
  return telemetry;
};
afterEach(async () => {
  await telemetry?.stop();
  telemetry = undefined;
});

const work = Traced('work')(() => {});
const ids = ({ spans }: CapturedTelemetry) =>
  spans.map((span) => [span.spanContext().traceId, span.spanContext().spanId]);

test('spans, logs and metrics are captured, annotel’s own and those of others', async () => {
  const captured = capture();
  work();
  trace.getTracer('other').startSpan('other').end();
  logs.getLogger('other').emit({ body: 'other' });
  metrics.getMeter('other').createCounter('other').add(1);

  expect(captured.spans.map(({ name }) => name)).toEqual(['work', 'other']);
  expect(captured.logs.map(({ body }) => body)).toEqual(['work succeeded', 'other']);
  const names = (await captured.metrics()).map(({ descriptor }) => descriptor.name);
  expect(names.sort()).toEqual(['annotel.call.duration', 'annotel.calls', 'other']);
});

test('trace and span ids count up from one', () => {
  const captured = capture();
  Traced('outer')(() => work())();
  work();
  const [trace1, trace2] = ['1'.padStart(32, '0'), '2'.padStart(32, '0')];
  const [span1, span2, span3] = [1, 2, 3].map((n) => String(n).padStart(16, '0'));
  expect(ids(captured)).toEqual([
    [trace1, span2],
    [trace1, span1],
    [trace2, span3],
  ]);
});

test('tree() shows the calls below one another', () => {
  const captured = capture();
  Traced('outer')(() => work())();
  const lines = captured.tree().trimEnd().split('\n');
  expect(lines).toEqual([expect.stringMatching(/^\S*\s*outer/), expect.stringMatching(/^\S*\s+\S*\s*work/)]);
});

test('reset() forgets spans and logs, and metrics count on', async () => {
  const captured = capture();
  work();
  captured.reset();
  expect([captured.spans, captured.logs]).toEqual([[], []]);
  work();
  expect([captured.spans.length, captured.logs.length]).toEqual([1, 1]);
  const calls = (await captured.metrics()).find(({ descriptor }) => descriptor.name === 'annotel.calls');
  expect(calls?.dataPoints[0]?.value).toBe(2);
});

test('a sampler and settings may be given for the time of the capture', async () => {
  const before = settings();
  const captured = capture({ sampler: new AlwaysOffSampler(), settings: { semconv: 'latest' } });
  work();
  expect(captured.spans).toEqual([]);
  expect(settings()).toEqual({ ...before, semconv: 'latest' });
  await captured.stop();
  expect(settings()).toEqual(before);
});

test('one capture at a time: the second is an error that says so', async () => {
  const captured = capture();
  expect(() => captureTelemetry()).toThrow(
    'telemetry runs in this process already. Stop it, or the capture before, first',
  );
  work();
  expect(captured.spans).toHaveLength(1);
});

test('after stop() nothing listens, and a capture may begin anew', async () => {
  const first = capture();
  await first.stop();
  work();
  expect(first.spans).toEqual([]);
  expect(trace.getTracer('x').startSpan('x').isRecording()).toBe(false);
  expect(
    context.with(context.active().setValue(Symbol.for('k') as never, 1), () => trace.getActiveSpan()),
  ).toBeUndefined();
  expect(propagation.fields()).toEqual([]);

  const second = capture();
  work();
  expect(second.spans).toHaveLength(1);
});
