import { describe, expect, test } from '@jest/globals';
import type { Span } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { OutcomeCounts } from '../../../../lib/sdk/sampling/sampling-metrics.js';
import { arriving, fail, random, TailService } from './tail-service.js';

const { floor } = Math;

interface Grown {
  readonly service: TailService;
  /** All that were started, in this order. */
  readonly spans: readonly Span[];
  readonly failed: ReadonlySet<Span>;
}

/** Random trees that grow side by side: children at any depth, also late ones, and parts that came from elsewhere. */
function grow(seed: number, limits: ConstructorParameters<typeof TailService>[0]): Grown {
  const service = new TailService({ ratio: 0.3, seed, ...limits });
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[floor(next() * from.length)] as T;
  const running: Span[] = [];
  const spans: Span[] = [];
  const failed = new Set<Span>();
  const start = (span: Span) => {
    running.push(span);
    spans.push(span);
  };
  for (let step = 0; step < 600; step += 1) {
    service.time += next() * 20;
    const dice = next();
    if (dice < 0.12 || running.length === 0) start(service.start(`${step}`));
    else if (dice < 0.16) start(service.start(`${step}`, arriving(pick(spans).spanContext().traceId, next() < 0.3)));
    // Mostly below one that runs; now and then below one that has ended.
    else if (dice < 0.5) start(service.start(`${step}`, next() < 0.9 ? pick(running) : pick(spans)));
    else {
      const [span] = running.splice(floor(next() * running.length), 1) as [Span];
      if (next() < 0.1) {
        fail(span);
        failed.add(span);
      }
      span.end();
    }
    const { traces, spans: waiting } = service.tail.counters().waiting;
    if (traces > (limits?.maxTraces ?? 1000) || waiting > (limits?.maxSpans ?? 10_000)) {
      throw new Error(`${traces} traces, ${waiting} spans`);
    }
  }
  for (const span of running.reverse()) span.end();
  return { service, spans, failed };
}

describe.each([
  ['room for all', {}],
  ['few traces', { maxTraces: 3 }],
  ['few spans', { maxSpans: 12 }],
  ['small traces', { maxSpansPerTrace: 4 }],
  ['little time', { maxAge: 60 }],
  ['little of everything', { maxTraces: 4, maxSpans: 20, maxSpansPerTrace: 3, maxAge: 100 }],
  ['rules beside the errors', { keep: { errors: true, slowerThan: 0.05, costlierThan: 1 } }],
  ['ratios span by span', { sampler: 'traceidratio' as const, maxTraces: 5 }],
])('random trees, %s', (_, limits) => {
  const seeds = Array.from({ length: 12 }, (__, index) => index + 1);
  const trees = seeds.map((seed) => grow(seed, limits));

  test('no span is delivered without its parent, or twice', () => {
    for (const { service } of trees) {
      const delivered = new Set(service.delivered.map(({ span }) => span.spanContext().spanId));
      expect(delivered.size).toBe(service.delivered.length);
      const parents = service.delivered.map(({ span }) => span.parentSpanContext).filter((parent) => !!parent);
      const missing = parents.filter(({ isRemote, spanId }) => !isRemote && !delivered.has(spanId));
      expect(missing).toEqual([]);
    }
  });

  test('every span is counted once, and so is every part of a trace', () => {
    for (const { service, spans } of trees) {
      const counters = service.tail.counters();
      expect(sum(counters.spans)).toBe(spans.length);
      const roots = spans.filter((span) => isLocalRoot(span));
      expect(sum(counters.traces)).toBe(roots.length);
      const { error, slow, expensive, sampled } = counters.spans;
      expect(service.delivered).toHaveLength(error + slow + expensive + sampled);
      expect(counters.waiting).toEqual({ traces: 0, spans: 0 });
    }
  });

  test('what is said of a trace is said of all its spans, and by its root which rule kept it', () => {
    for (const { service } of trees) {
      const contradictory = service.delivered.filter(({ span, verdict: { kept, threshold, weight } }) => {
        if (threshold !== undefined && weight !== undefined) return true;
        return isLocalRoot(span) ? (kept && '0') !== threshold : kept !== undefined;
      });
      expect(contradictory).toEqual([]);
    }
  });
});

test('where there is room, every trace with an error is delivered, unless it had ended by then', () => {
  let missed = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const { service, failed } = grow(seed, {});
    const delivered = new Set(service.delivered.map(({ span }) => span.spanContext().spanId));
    const lost = [...failed].filter((span) => !delivered.has(span.spanContext().spanId));
    expect(lost.length).toBeGreaterThanOrEqual(service.tail.counters().missed);
    missed += service.tail.counters().missed;
    // Late children of what was dropped are all that can be lost.
    expect(lost.length === 0).toBe(service.tail.counters().missed === 0);
  }
  expect(missed).toBeGreaterThan(0);
});

function isLocalRoot(span: Span | ReadableSpan): boolean {
  const { parentSpanContext } = span as ReadableSpan;
  return !parentSpanContext || parentSpanContext.isRemote === true;
}

function sum(counts: Readonly<OutcomeCounts>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
