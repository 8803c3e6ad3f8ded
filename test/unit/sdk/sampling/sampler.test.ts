import { describe, expect, test } from '@jest/globals';
import { createTraceState, ROOT_CONTEXT, SpanKind, TraceFlags, type TraceState, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AlwaysOnSampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import { RatioSampler } from '../../../../lib/sdk/sampling/ratio-sampler.js';
import { createSampler, type SamplerOptions } from '../../../../lib/sdk/sampling/sampler.js';
import { arriving, ERRORS, fail, NOTHING, seededIds, TailService } from './tail-service.js';

const { NOT_RECORD, RECORD, RECORD_AND_SAMPLED } = SamplingDecision;
/** Of the highest and of the lowest randomness. */
const HIGH = `${'0'.repeat(17)}1ffffffffffffff`.padStart(32, '0');
const LOW = `${'f'.repeat(17)}100000000000000`.padStart(32, 'f');

function sampled(options: Partial<SamplerOptions>, traceId: string, parent = ROOT_CONTEXT) {
  const sampler = createSampler({
    sampler: 'parentbased_always_on',
    ratio: 1,
    tracesPerSecond: undefined,
    keep: NOTHING,
    ...options,
  });
  const { decision, traceState } = sampler.shouldSample(parent, traceId, 'span', SpanKind.INTERNAL, {}, []);
  const inherited = trace.getSpanContext(parent)?.traceState;
  return [decision, (traceState ?? inherited)?.serialize() ?? ''];
}

const state = (text: string): TraceState => createTraceState(text);

describe('RatioSampler', () => {
  test.each([
    [0.1, HIGH, '', RECORD_AND_SAMPLED, 'ot=th:e666'],
    [0.1, LOW, '', NOT_RECORD, ''],
    [1, LOW, '', RECORD_AND_SAMPLED, 'ot=th:0'],
    [0, HIGH, '', NOT_RECORD, ''],
    [Number.NaN, HIGH, '', NOT_RECORD, ''],
    [0.5, LOW, 'a=b,ot=rv:80000000000000;x:y', RECORD_AND_SAMPLED, 'ot=th:8;rv:80000000000000;x:y,a=b'],
    [0.5, HIGH, 'a=b,ot=rv:7fffffffffffff;th:0', NOT_RECORD, 'ot=rv:7fffffffffffff,a=b'],
    [0.5, LOW, 'a=b,ot=th:0', NOT_RECORD, 'a=b'],
  ])('at %d of the trace %s with %j: %d, %j', (ratio, traceId, inherited, decision, told) => {
    const parent = inherited === '' ? ROOT_CONTEXT : arriving(traceId, true, state(inherited));
    const result = new RatioSampler(ratio).shouldSample(parent, traceId);
    expect([result.decision, result.traceState?.serialize() ?? '']).toEqual([decision, told]);
  });

  test('takes its share, of which a lower ratio takes a part', () => {
    const ids = seededIds(1);
    const samplers = [0.5, 0.1, 0.01].map((ratio) => new RatioSampler(ratio));
    const counts = [0, 0, 0];
    for (let count = 0; count < 20_000; count += 1) {
      const id = ids.generateTraceId();
      const taken = samplers.map((sampler) => sampler.shouldSample(ROOT_CONTEXT, id).decision === RECORD_AND_SAMPLED);
      taken.forEach((is, index) => {
        counts[index] = (counts[index] ?? 0) + (is ? 1 : 0);
      });
      if ((taken[2] && !taken[1]) || (taken[1] && !taken[0])) throw new Error(`${id}: ${taken}`);
    }
    // Within four standard deviations.
    [10_000, 2000, 200].forEach((expected, index) => {
      expect(Math.abs((counts[index] ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    });
  });
});

describe('createSampler', () => {
  const unsampled = arriving(HIGH, false, state('a=b'));
  const elsewhere = arriving(HIGH, true, state('a=b,ot=th:e666'));
  const impossible = arriving(LOW, true, state('a=b,ot=th:e666'));
  const half = { ratio: 0.5 };

  test.each([
    ['always_on', {}, LOW, ROOT_CONTEXT, RECORD_AND_SAMPLED, ''],
    ['always_on', {}, LOW, unsampled, RECORD_AND_SAMPLED, 'a=b'],
    // Sampled for certain, whatever it was before.
    ['always_on', {}, HIGH, elsewhere, RECORD_AND_SAMPLED, 'ot=th:0,a=b'],
    ['always_off', {}, HIGH, elsewhere, NOT_RECORD, 'a=b'],
    ['traceidratio', half, HIGH, ROOT_CONTEXT, RECORD_AND_SAMPLED, 'ot=th:8'],
    ['traceidratio', half, HIGH, unsampled, RECORD_AND_SAMPLED, 'ot=th:8,a=b'],
    ['traceidratio', half, LOW, impossible, NOT_RECORD, 'a=b'],
    ['parentbased_always_on', {}, LOW, ROOT_CONTEXT, RECORD_AND_SAMPLED, ''],
    ['parentbased_always_on', {}, HIGH, unsampled, NOT_RECORD, 'a=b'],
    ['parentbased_always_on', {}, HIGH, elsewhere, RECORD_AND_SAMPLED, 'a=b,ot=th:e666'],
    ['parentbased_always_on', {}, LOW, impossible, RECORD_AND_SAMPLED, 'a=b'],
    ['parentbased_always_off', {}, HIGH, ROOT_CONTEXT, NOT_RECORD, ''],
    ['parentbased_always_off', {}, HIGH, elsewhere, RECORD_AND_SAMPLED, 'a=b,ot=th:e666'],
    ['parentbased_traceidratio', half, LOW, ROOT_CONTEXT, NOT_RECORD, ''],
    ['parentbased_traceidratio', half, HIGH, ROOT_CONTEXT, RECORD_AND_SAMPLED, 'ot=th:8'],
    ['parentbased_traceidratio', half, HIGH, elsewhere, RECORD_AND_SAMPLED, 'a=b,ot=th:e666'],
    ['always_off', { tracesPerSecond: 10 }, LOW, ROOT_CONTEXT, RECORD_AND_SAMPLED, 'ot=th:0'],
    ['always_off', { tracesPerSecond: 10 }, HIGH, elsewhere, RECORD_AND_SAMPLED, 'a=b,ot=th:e666'],
    ['always_on', { tracesPerSecond: 10 }, HIGH, unsampled, NOT_RECORD, 'a=b'],
    ['always_off', { custom: new AlwaysOnSampler() }, LOW, ROOT_CONTEXT, RECORD_AND_SAMPLED, ''],
  ] as const)('%s %j of %s', (sampler, options, traceId, parent, decision, told) => {
    expect(sampled({ sampler, ...options }, traceId, parent)).toEqual([decision, told]);
    // Where something may be kept, the same is recorded, and the same is told to others.
    const recorded = decision === NOT_RECORD ? RECORD : decision;
    expect(sampled({ sampler, ...options, keep: ERRORS }, traceId, parent)).toEqual([recorded, told]);
  });
});

describe('two services', () => {
  const propagator = new W3CTraceContextPropagator();

  /** What `from` sends while in `span`, as it arrives. */
  function sent(span: ReturnType<TailService['start']>) {
    const headers: Record<string, string> = {};
    propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, {
      set: (carrier, key, value) => {
        carrier[key] = value;
      },
    });
    const context = propagator.extract(ROOT_CONTEXT, headers, {
      get: (carrier, key) => carrier[key],
      keys: (carrier) => Object.keys(carrier),
    });
    return { headers, context };
  }

  test.each([
    ['the one below', [], ['handle', 'query']],
    ['the one above', ['call', 'request'], []],
    ['neither', [], []],
  ])('of a trace that is not sampled each keep their own part: %s failed', (which, above, below) => {
    const first = new TailService({ ratio: 0 });
    const second = new TailService({ ratio: 1, seed: 2 });
    const request = first.start('request');
    const call = first.start('call', request);
    const { headers, context } = sent(call);
    expect(headers['traceparent']).toMatch(/-00$/);
    expect(headers['tracestate']).toBeUndefined();
    const handle = second.start('handle', context);
    const query = second.start('query', handle);
    if (which === 'the one below') fail(query);
    query.end();
    handle.end();
    call.end();
    if (which === 'the one above') fail(request);
    request.end();
    expect([first.names.sort(), second.names.sort()]).toEqual([above, below]);
    for (const { span } of [...first.delivered, ...second.delivered]) {
      expect(span.spanContext()).toMatchObject({ traceFlags: TraceFlags.NONE, traceId: request.spanContext().traceId });
    }
  });

  test('of a sampled trace both keep their part, with the weight that the first one gave it', () => {
    const first = new TailService({ ratio: 0.25 });
    const second = new TailService({ ratio: 0.9, seed: 2 });
    let request = first.start('request');
    while ((request.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) request = first.start('request');
    const { headers, context } = sent(request);
    expect(headers['traceparent']).toMatch(/-01$/);
    expect(headers['tracestate']).toBe('ot=th:c');
    const handle = second.start('handle', context);
    second.start('query', handle).end();
    handle.end();
    request.end();
    expect([...first.delivered, ...second.delivered].map(({ verdict }) => verdict.weight)).toEqual([4, 4, 4]);
  });
});
