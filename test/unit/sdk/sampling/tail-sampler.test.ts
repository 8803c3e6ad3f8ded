import { describe, expect, test } from '@jest/globals';
import { type Context, createTraceState, type Span, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { collectUntil } from '../../../support/garbage.js';
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
    expect(service.tail.counters()).toMatchObject({
      traces: { error: 1, unsampled: 0 },
      spans: { error: 3, unsampled: 0 },
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('is dropped where no rule wants it', () => {
    const service = new TailService();
    three(service);
    expect(service.names).toEqual([]);
    expect(service.tail.counters()).toMatchObject({ traces: { unsampled: 1 }, spans: { unsampled: 3 }, missed: 0 });
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
    expect(service.tail.counters().waiting).toEqual({ traces: 1, spans: 2 });
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
    expect(service.tail.counters()).toMatchObject({ missed: failed ? 0 : 1, waiting: { traces: 0, spans: 0 } });
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
    expect(service.tail.counters()).toMatchObject({ traces: { sampled: 1 }, spans: { sampled: 2 } });
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
