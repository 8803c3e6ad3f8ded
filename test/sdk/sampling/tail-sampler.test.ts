import { describe, expect, jest, test } from '@jest/globals';
import { type Context, createTraceState, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { AlwaysOnSampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import { collectUntil } from '../../support/garbage.js';
import { arriving, ERRORS, fail, NOTHING, TailService } from './tail-service.js';

const SLOW = { errors: true, slowerThan: 1000, costlierThan: undefined };
const TRACE = `${'0'.repeat(16)}00ffffffffffffff`;

/** A trace of three: `a` above `b` above `c`; ended from the inside. */
function three(service: TailService, during?: (a: Span, b: Span, c: Span) => void): void {
  const a = service.start('a');
  const b = service.start('b', a);
  const c = service.start('c', b);
  during?.(a, b, c);
  c.end();
  b.end();
  a.end();
}

describe('a trace that is not sampled', () => {
  test('is kept whole where a span of it errs, and says so on its root', () => {
    const service = new TailService();
    three(service, (_, __, c) => fail(c));
    expect(service.delivered.map(({ span, verdict }) => [span.name, verdict])).toEqual([
      ['c', { threshold: '0' }],
      ['b', { threshold: '0' }],
      ['a', { threshold: '0', kept: 'error' }],
    ]);
    expect(service.tail.figures()).toMatchObject({
      traces: { error: 1, unsampled: 0 },
      spans: { error: 3, unsampled: 0 },
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('is dropped where no rule wants it', () => {
    const service = new TailService();
    three(service);
    expect(service.names).toEqual([]);
    expect(service.tail.figures()).toMatchObject({ traces: { unsampled: 1 }, spans: { unsampled: 3 }, missed: 0 });
  });

  test.each([
    ['slow', SLOW, (service: TailService) => service.start('root').end(Date.now() + 2000)],
    [
      'expensive',
      { ...ERRORS, costlierThan: 0.1 },
      (service: TailService) => {
        const root = service.start('root');
        service.start('chat', root, { 'annotel.cost.amount': 0.2, 'gen_ai.operation.name': 'chat' }).end();
        root.end();
      },
    ],
  ])('is kept where it is %s', (kept, keep, run) => {
    const service = new TailService({ keep });
    run(service);
    expect(service.delivered.at(-1)?.verdict.kept).toBe(kept);
  });

  test('waits for children that outlive its root', () => {
    const service = new TailService();
    const root = service.start('root');
    const child = service.start('child', root);
    root.end();
    expect(service.tail.figures().waiting).toEqual({ traces: 1, spans: 2 });
    fail(child);
    child.end();
    expect(service.names).toEqual(['root', 'child']);
  });

  test.each([
    [true, ['root', 'late', 'later']],
    [false, []],
  ])('is followed by children that come after the end (it failed: %s)', (failed, names) => {
    const service = new TailService();
    const root = service.start('root');
    if (failed) fail(root);
    root.end();
    const late = service.start('late', root);
    const later = service.start('later', late);
    fail(later);
    late.end();
    later.end();
    expect(service.names).toEqual(names);
    expect(service.tail.figures()).toMatchObject({ missed: failed ? 0 : 1, waiting: { traces: 0, spans: 0 } });
  });

  test('is not held once it is decided, whoever holds a span of it', async () => {
    const service = new TailService();
    const root = service.start('root');
    let collected = 0;
    const registry = new FinalizationRegistry(() => {
      collected += 1;
    });
    const child = () => {
      const span = service.start('child', root);
      registry.register(span, undefined);
      span.end();
    };
    for (let count = 0; count < 10; count += 1) child();
    root.end();
    // The machine may still hold the last one.
    await collectUntil(() => collected >= 9);
    expect(root.isRecording()).toBe(false);
  });

  test('leaves no trace on what the app sees of a span', () => {
    const span = new TailService().start('root');
    const { traceId, spanId } = span.spanContext();
    expect(Reflect.ownKeys(span.spanContext()).sort()).toEqual(['spanId', 'traceFlags', 'traceId', 'traceState']);
    expect(span.spanContext()).toEqual({ traceId, spanId, traceFlags: 0 });
  });

  test('is one with what stands in for its spans', () => {
    const service = new TailService();
    const root = service.start('root');
    const child = service.start('child', trace.wrapSpanContext(root.spanContext()));
    fail(child);
    child.end();
    root.end();
    expect(service.names).toEqual(['child', 'root']);
  });

  test('ends where another service begins: each has its own part', () => {
    const service = new TailService();
    const first = service.start('first', arriving(TRACE, false));
    const second = service.start('second', arriving(TRACE, false));
    fail(second);
    first.end();
    second.end();
    expect(service.names).toEqual(['second']);
  });
});

describe('a sampled trace', () => {
  test('without a ratio passes span by span', () => {
    const service = new TailService({ sampler: 'parentbased_always_on' });
    const root = service.start('root');
    const child = service.start('child', root);
    fail(child);
    child.end();
    expect(service.delivered).toMatchObject([{ span: { name: 'child' }, verdict: {} }]);
    root.end();
    expect(service.delivered[1]?.verdict).toEqual({});
    expect(service.tail.figures()).toMatchObject({ traces: { sampled: 1 }, spans: { sampled: 2 } });
  });

  test('at a ratio of 1 passes span by span', () => {
    const service = new TailService({ ratio: 1 });
    const root = service.start('root');
    service.start('child', root).end();
    expect(service.names).toEqual(['child']);
    expect(service.delivered[0]?.verdict).toEqual({});
  });

  test.each([
    ['waits and stands for others', ERRORS, false, ['child', 'root'], 2],
    ['that a rule wants stands for itself', ERRORS, true, ['child', 'root'], undefined],
    ['passes at once where nothing is kept', NOTHING, true, ['child', 'root'], 2],
  ])('at a lower ratio %s', (_, keep, failed, names, weight) => {
    const half = createTraceState('ot=th:8');
    const service = new TailService({ keep });
    const root = service.start('root', arriving(TRACE, true, half));
    const child = service.start('child', root);
    if (failed) fail(child);
    child.end();
    expect(service.names).toEqual(keep === NOTHING ? ['child'] : []);
    root.end();
    expect(service.names).toEqual(names);
    for (const { verdict } of service.delivered) expect(verdict.weight).toBe(weight);
    expect(service.delivered[1]?.verdict.kept).toBe(failed && keep !== NOTHING ? 'error' : undefined);
  });

  test('that is no longer watched keeps its weight', () => {
    const service = new TailService();
    service.tail.close();
    const root = service.start('root', arriving(TRACE, true, createTraceState('ot=th:c')));
    service.start('child', root).end();
    service.start('unsampled').end();
    expect(service.delivered).toMatchObject([{ span: { name: 'child' }, verdict: { weight: 4 } }]);
  });
});

describe('where a sampler decides span by span', () => {
  const only = (name: string, traceState?: string) => ({
    shouldSample: (_: Context, __: string, spanName: string) =>
      spanName === name
        ? {
            decision: SamplingDecision.RECORD_AND_SAMPLED,
            ...(traceState !== undefined && { traceState: createTraceState(traceState) }),
          }
        : { decision: SamplingDecision.NOT_RECORD },
    toString: () => 'Only',
  });

  test('the parents of a sampled span are delivered with it', () => {
    const service = new TailService({ custom: only('c') });
    three(service);
    expect(service.delivered.map(({ span, verdict }) => [span.name, verdict])).toEqual([
      ['c', {}],
      ['b', {}],
      ['a', {}],
    ]);
  });

  test('all stand for as many as the sampled span does', () => {
    const service = new TailService({ custom: only('b', 'ot=th:8') });
    three(service);
    expect(service.delivered.map(({ verdict }) => verdict)).toEqual([{ weight: 2 }, { weight: 2 }, { weight: 2 }]);
  });

  test('how many it stands for is not said where one of them does not tell', () => {
    const mixed = {
      shouldSample: (_: Context, __: string, name: string) => ({
        decision: SamplingDecision.RECORD_AND_SAMPLED,
        traceState: createTraceState(name === 'b' ? 'x=y' : 'ot=th:8'),
      }),
      toString: () => 'Mixed',
    };
    const service = new TailService({ custom: mixed });
    three(service);
    expect(service.delivered.map(({ verdict }) => verdict)).toEqual([{}, {}, {}]);
  });

  test('what is below a span that has passed is a trace of its own', () => {
    const service = new TailService({ custom: only('a') });
    three(service, (_, b) => fail(b));
    three(service);
    expect(service.names).toEqual(['c', 'b', 'a', 'a']);
    expect(service.delivered[1]?.verdict.kept).toBe('error');
  });
});

describe('limits', () => {
  test('of age: what meets no rule by then is dropped, with all that ends later', () => {
    const service = new TailService({ maxAge: 1000 });
    const root = service.start('root');
    service.start('child', root).end();
    service.time = 999;
    service.tail.flush();
    expect(service.tail.figures().waiting.traces).toBe(1);
    service.time = 1000;
    service.tail.flush();
    fail(root);
    root.end();
    expect(service.names).toEqual([]);
    expect(service.tail.figures()).toMatchObject({
      traces: { too_old: 1, error: 0 },
      spans: { too_old: 2 },
      missed: 1,
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('of age: what errs or is slow by then is kept, and so is all that ends later', () => {
    const service = new TailService({ keep: SLOW, maxAge: 10 });
    const slow = service.start('slow');
    service.time = 1000;
    service.tail.flush();
    expect(service.tail.figures().waiting.traces).toBe(1);
    service.time = 1101;
    // The next one that begins has a look, too.
    const next = service.start('next');
    expect(service.tail.figures()).toMatchObject({ traces: { slow: 1 }, waiting: { traces: 1 } });
    service.start('child', slow).end();
    slow.end();
    expect(service.names).toEqual(['child', 'slow']);
    expect(service.delivered[1]?.verdict.kept).toBe('slow');
    next.end();
  });

  test('of age: they are looked at while nothing happens', () => {
    jest.useFakeTimers();
    try {
      const service = new TailService({ maxAge: 1000, now: () => performance.now() });
      const root = service.start('root');
      const child = service.start('child', root);
      fail(child);
      child.end();
      jest.advanceTimersByTime(1300);
      expect(service.names).toEqual(['child']);
      service.tail.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('of traces: the oldest is decided as it stands', () => {
    const service = new TailService({ maxTraces: 2 });
    const failing = service.start('failing');
    const child = service.start('child', failing);
    fail(child);
    child.end();
    const fine = service.start('fine');
    const third = service.start('third');
    expect(service.names).toEqual(['child']);
    const fourth = service.start('fourth');
    for (const span of [fine, third, fourth, failing]) {
      fail(span);
      span.end();
    }
    expect(service.names).toEqual(['child', 'third', 'fourth', 'failing']);
    expect(service.tail.figures()).toMatchObject({ traces: { error: 3, no_room: 1 }, missed: 1 });
  });

  test('of spans: the oldest are decided until there is room', () => {
    const service = new TailService({ maxSpans: 4 });
    const roots = [service.start('0'), service.start('1')];
    const children = [service.start('0/0', roots[0]), service.start('1/0', roots[1])];
    service.start('1/1', roots[1]);
    expect(service.tail.figures()).toMatchObject({ traces: { no_room: 1 }, waiting: { traces: 1, spans: 3 } });
    for (const span of [...children, ...roots]) {
      fail(span);
      span.end();
    }
    service.tail.close();
    expect(service.names).toEqual(['1/0', '1']);
  });

  test('of spans, reached by one trace alone: it is decided', () => {
    const service = new TailService({ maxSpans: 3 });
    const root = service.start('root');
    fail(root);
    for (let count = 0; count < 10; count += 1) service.start('child', root).end();
    expect(service.tail.figures().waiting.spans).toBeLessThanOrEqual(3);
    root.end();
    expect(service.names).toEqual([]);
    expect(service.tail.figures()).toMatchObject({ traces: { no_room: 1 }, spans: { no_room: 11 }, missed: 1 });
  });

  test('of spans of one trace: what starts beyond is left out with all below it, and still tells of errors', () => {
    const service = new TailService({ maxSpansPerTrace: 3 });
    const root = service.start('root');
    const a = service.start('a', root);
    const b = service.start('b', root);
    const out = service.start('out', a);
    a.end();
    b.end();
    const below = service.start('below', out);
    out.end();
    root.end();
    fail(below);
    expect(service.names).toEqual([]);
    below.end();
    expect(service.delivered.map(({ span, verdict }) => [span.name, verdict])).toEqual([
      ['a', { threshold: '0' }],
      ['b', { threshold: '0' }],
      ['root', { threshold: '0', kept: 'error', leftOut: 2 }],
    ]);
    service.start('late', out).end();
    service.start('late, of one that is in', a).end();
    expect(service.names.slice(3)).toEqual(['late, of one that is in']);
    expect(service.tail.figures()).toMatchObject({ traces: { error: 1 }, spans: { error: 4, no_room: 3 } });
  });
});

describe('close', () => {
  test('decides everything as it stands, and may come twice', () => {
    const service = new TailService();
    const failing = service.start('failing');
    const failed = service.start('failed', failing);
    fail(failed);
    failed.end();
    service.start('child', service.start('fine')).end();
    service.tail.close();
    service.tail.close();
    expect(service.names).toEqual(['failed']);
    failing.end();
    expect(service.names).toEqual(['failed', 'failing']);
    expect(service.tail.figures()).toMatchObject({
      traces: { error: 1, too_old: 1 },
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('lets what is sampled pass as before', () => {
    const service = new TailService({ custom: new AlwaysOnSampler() });
    service.tail.close();
    service.start('root', ROOT_CONTEXT).end();
    expect(service.names).toEqual(['root']);
  });
});
