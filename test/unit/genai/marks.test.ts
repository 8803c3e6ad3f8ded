import { describe, expect, test } from '@jest/globals';
import { LlmCall, markCache, markFallback, markSafety, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const answer = {
  object: 'chat.completion',
  id: 'c-1',
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 800 } },
};
const ask = (mark: () => void) =>
  LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(async function ask() {
    mark();
    return answer;
  });

describe('markCache', () => {
  test('a call that a semantic cache answered costs nothing and used no tokens', async () => {
    await ask(() => markCache({ type: 'semantic' }))();
    const marked = { 'annotel.cache.hit': true, 'annotel.cache.type': 'semantic' };
    expect(telemetry.span.attributes).toMatchObject({
      ...marked,
      'annotel.cost.amount': 0,
      'gen_ai.response.id': 'c-1',
    });
    for (const { attributes } of [telemetry.span, telemetry.logs[0] ?? { attributes: {} }]) {
      expect(Object.keys(attributes).filter((name) => name.startsWith('gen_ai.usage.'))).toEqual([]);
    }
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
    expect(await telemetry.points('gen_ai.client.operation.duration')).toMatchObject([
      { attributes: marked, count: 1 },
    ]);
    expect((await telemetry.points('annotel.cost')).every(({ value }) => value === 0)).toBe(true);
  });

  test('a call whose prefix was cached is used and paid as the answer says', async () => {
    await ask(() => markCache({ type: 'prefix' }))();
    expect(telemetry.span.attributes).toMatchObject({
      'annotel.cache.hit': true,
      'annotel.cache.type': 'prefix',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 800,
    });
    expect(telemetry.span.attributes['annotel.cost.amount']).toBeGreaterThan(0);
    expect(await telemetry.points('gen_ai.client.token.usage')).toHaveLength(2);
  });

  test('an unknown type is left out, and never thrown at the call', async () => {
    await expect(ask(() => markCache({ type: 'disk' as 'prefix' }))()).resolves.toBe(answer);
    expect(telemetry.span.attributes).not.toHaveProperty(['annotel.cache.hit']);
  });
});

describe('markFallback', () => {
  const marked = {
    'annotel.fallback.used': true,
    'annotel.fallback.from': 'gpt-4o',
    'annotel.fallback.attempt': 1,
  };
  const attempt = (model: string, run: () => unknown) => LlmCall({ provider: 'openai', model })(async () => run());

  test.each<[string, boolean]>([
    ['between the attempts', false],
    ['within the second attempt', true],
  ])('%s, the call around the attempts says so; each attempt is a span of its own', async (_where, inside) => {
    const mark = () => markFallback({ from: 'gpt-4o', attempt: 1 });
    const answering = Workflow('answer')(async () => {
      try {
        return await attempt('gpt-4o', () => {
          throw new Error('overloaded');
        })();
      } catch {
        if (!inside) mark();
        return attempt('gpt-4o-mini', () => {
          if (inside) mark();
          return answer;
        })();
      }
    });
    await answering();
    expect(telemetry.spans).toMatchObject([
      { name: 'chat gpt-4o', parent: 'invoke_workflow answer', error: 'overloaded' },
      { name: 'chat gpt-4o-mini', parent: 'invoke_workflow answer' },
      { name: 'invoke_workflow answer', attributes: marked },
    ]);
    for (const { attributes } of telemetry.spans.slice(0, 2)) {
      expect(attributes).not.toHaveProperty(['annotel.fallback.used']);
    }
    expect(telemetry.logs[2]?.attributes).toMatchObject(marked);
  });

  test('a model call with nothing around it carries the mark itself', async () => {
    await ask(() => markFallback({ from: 'gpt-4o' }))();
    expect(telemetry.span.attributes).toMatchObject({
      'annotel.fallback.used': true,
      'annotel.fallback.from': 'gpt-4o',
    });
  });
});

describe('markSafety', () => {
  test.each([
    [{ flagged: true, score: 0.91 }, 'fail', 0.91],
    [{ flagged: false, score: 0 }, 'pass', 0],
    [{ flagged: true, score: 7 }, 'fail', undefined],
  ])('%j', async (mark, label, score) => {
    await ask(() => markSafety(mark))();
    const verdict = score === undefined ? {} : { 'annotel.safety.score': score };
    const result = {
      'gen_ai.evaluation.name': 'safety',
      'gen_ai.evaluation.score.label': label,
      ...(score === undefined ? {} : { 'gen_ai.evaluation.score.value': score }),
    };
    expect(telemetry.span.attributes).toMatchObject({ 'annotel.safety.flagged': mark.flagged, ...verdict });
    expect(telemetry.span.events).toEqual([{ name: 'gen_ai.evaluation.result', attributes: result }]);
    expect(telemetry.logs[0]).toEqual({
      eventName: 'gen_ai.evaluation.result',
      severity: 'INFO',
      body: 'gen_ai.evaluation.result',
      attributes: result,
    });
    expect(telemetry.logs[1]?.attributes).toMatchObject({ 'annotel.safety.flagged': mark.flagged, ...verdict });
  });
});

test.each<[string, (mark: never) => void]>([
  ['markCache', markCache],
  ['markFallback', markFallback],
  ['markSafety', markSafety],
])('%s does not throw, whatever it is told', async (_name, mark) => {
  await telemetry.restart({ rethrowFaults: false });
  const hostile = {
    get flagged(): never {
      throw new Error('not now');
    },
    get from(): never {
      throw new Error('not now');
    },
  };
  for (const told of [undefined, null, 7, hostile])
    await expect(ask(() => mark(told as never))()).resolves.toBe(answer);
});

test.each<[string, () => void]>([
  ['markCache', () => markCache({ type: 'semantic' })],
  ['markFallback', () => markFallback({ from: 'x' })],
  ['markSafety', () => markSafety({ flagged: true })],
])('%s outside of a decorated method does nothing', (_name, mark) => {
  expect(mark).not.toThrow();
  expect(telemetry.spans).toEqual([]);
  expect(telemetry.logs).toEqual([]);
});
