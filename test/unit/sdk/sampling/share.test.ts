import { expect, test } from '@jest/globals';
import type { Span } from '@opentelemetry/api';
import { arriving, fail, random, TailService } from './tail-service.js';

const { floor } = Math;

const TRACES = 100_000;
const CONCURRENT = 200;

/** A trace in the making: spans that run, innermost last. */
interface Making {
  readonly id: number;
  readonly fails: boolean;
  readonly running: Span[];
  left: number;
}

test('10 % of 100 000 traces of which 2 % fail: every failed one is there whole, and the others are in their share', () => {
  const service = new TailService({ ratio: 0.1, maxTraces: 500, maxSpans: 2000 });
  const next = random(7);
  const making: Making[] = [];
  const sizes: number[] = [];
  const failing: boolean[] = [];
  let most = { traces: 0, spans: 0 };

  const begin = () => {
    const id = sizes.length;
    const root = service.start(`${id}`);
    const fails = next() < 0.02;
    making.push({ id, fails, running: [root], left: 2 + floor(next() * 3) });
    sizes.push(1);
    failing.push(fails);
  };
  /** One more span of a trace, or one less that runs. */
  const advance = (index: number) => {
    const trace = making[index] as Making;
    const { running } = trace;
    const innermost = running.at(-1) as Span;
    if (trace.left > 0 && next() < 0.6) {
      trace.left -= 1;
      sizes[trace.id] = (sizes[trace.id] as number) + 1;
      running.push(service.start(`${trace.id}`, innermost));
      return;
    }
    if (trace.fails && running.length === 1) fail(innermost);
    innermost.end();
    running.pop();
    if (running.length > 0) return;
    making[index] = making.at(-1) as Making;
    making.pop();
  };

  while (sizes.length < TRACES || making.length > 0) {
    if (making.length < CONCURRENT && sizes.length < TRACES) begin();
    else {
      advance(floor(next() * making.length));
      if (sizes.length % 1000 === 0) {
        const { waiting } = service.tail.counters();
        most = { traces: Math.max(most.traces, waiting.traces), spans: Math.max(most.spans, waiting.spans) };
      }
    }
  }

  const delivered: number[] = Array.from({ length: TRACES }, () => 0);
  let weights = 0;
  let misjudged = 0;
  for (const { span, verdict } of service.delivered) {
    const id = Number(span.name);
    delivered[id] = (delivered[id] as number) + 1;
    if (!span.parentSpanContext) weights += verdict.weight ?? 1;
    if ((verdict.weight === undefined) !== failing[id]) misjudged += 1;
  }
  expect(misjudged).toBe(0);
  const whole = (count: number, id: number) => count === sizes[id];
  const failed = delivered.filter((_, id) => failing[id]);
  const others = delivered.filter((_, id) => !failing[id]);
  expect(failed.length).toBeGreaterThan(1800);
  expect(delivered.filter((count, id) => failing[id] && !whole(count, id))).toEqual([]);
  expect(delivered.filter((count, id) => count > 0 && !whole(count, id))).toEqual([]);
  // A binomial count, within four standard deviations.
  const share = others.filter((count) => count > 0).length;
  expect(Math.abs(share - others.length * 0.1)).toBeLessThan(4 * Math.sqrt(others.length * 0.1 * 0.9));
  expect(Math.abs(weights - TRACES)).toBeLessThan(10 * 4 * Math.sqrt(others.length * 0.1 * 0.9));
  expect(most.traces).toBeGreaterThan(100);
  expect(most.traces).toBeLessThanOrEqual(CONCURRENT);
  expect(service.tail.counters()).toMatchObject({
    traces: { error: failed.length, sampled: share, unsampled: others.length - share, no_room: 0, too_old: 0 },
    missed: 0,
    waiting: { traces: 0, spans: 0 },
  });
});

test('slow traces do not fill the buffer beyond what is configured, and the loss is told', () => {
  const service = new TailService({ ratio: 0.1, maxTraces: 300, maxSpans: 1000, maxAge: 5000 });
  const running: [Span, Span][] = [];
  // A thousand a second, each of which takes ten seconds: ten thousand at once.
  for (let count = 0; count < 12_000; count += 1) {
    service.time += 1;
    const root = service.start('root');
    service.start('done', root).end();
    running.push([root, service.start('open', root)]);
    if (running.length > 10_000) for (const span of (running.shift() as [Span, Span]).reverse()) span.end();
    const { waiting } = service.tail.counters();
    if (waiting.traces > 300 || waiting.spans > 1000) throw new Error(`${waiting.traces}, ${waiting.spans}`);
  }
  for (const span of running.flat().reverse()) span.end();
  const { traces, spans, waiting } = service.tail.counters();
  expect(waiting).toEqual({ traces: 0, spans: 0 });
  expect(traces.no_room + traces.sampled + traces.unsampled).toBe(12_000);
  expect(traces.no_room).toBeGreaterThan(10_000);
  expect(spans.no_room + spans.sampled + spans.unsampled).toBe(36_000);
  // What the sampler wants is never lost for lack of room.
  expect(Math.abs(traces.sampled - 1200)).toBeLessThan(4 * Math.sqrt(12_000 * 0.1 * 0.9));
  expect(service.delivered).toHaveLength(3 * traces.sampled);
});

test('parts of one trace that came back by way of another service are decided each on their own', () => {
  const service = new TailService();
  const root = service.start('root');
  const { traceId } = root.spanContext();
  const back = service.start('back', arriving(traceId, false));
  const below = service.start('below', back);
  fail(below);
  below.end();
  back.end();
  root.end();
  expect(service.names).toEqual(['below', 'back']);
});
