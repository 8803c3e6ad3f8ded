import { describe, expect, test } from '@jest/globals';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { currentCall } from '../../../../lib/call/current.js';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { combine } from '../../../../lib/genai/combine.js';
import { priceOf } from '../../../../lib/genai/pricing/price.js';
import { annotate, configure, Embedding, LlmCall } from '../../../../lib/index.js';
import type { Settings } from '../../../../lib/settings.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();

describe('a decorated call', () => {
  const answer: ModelResponse = {
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    usage: { inputTokens: 1000, cacheReadTokens: 200, outputTokens: 100 },
  };
  const ask = (told: ModelResponse, inside?: () => void) =>
    LlmCall({ model: 'gpt-4o', response: () => told })(async function ask() {
      inside?.();
      return {};
    })();
  const cost = () => {
    const { attributes } = telemetry.span;
    return [attributes['annotel.cost.amount'], attributes['annotel.cost.currency'], attributes['annotel.cost.source']];
  };
  const dimensions = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
  };

  test('tells its cost on span, log record and counter', async () => {
    await ask(answer);
    expect(cost()).toEqual([expect.closeTo(0.00325, 12), 'USD', 'local']);
    expect(telemetry.logs[0]?.attributes).toMatchObject({ 'annotel.cost.currency': 'USD' });
    expect((await telemetry.metrics())['annotel.cost']).toEqual({
      unit: 'USD',
      points: [{ attributes: { ...dimensions, 'annotel.cost.source': 'local' }, value: expect.closeTo(0.00325, 12) }],
    });
  });

  test('is counted when it is not sampled', async () => {
    await telemetry.restart({ sampler: new AlwaysOffSampler(), settings: { currency: 'EUR', currencyRate: 2 } });
    await ask(answer);
    await ask(answer);
    expect((await telemetry.metrics())['annotel.cost']).toMatchObject({
      unit: 'EUR',
      points: [{ value: expect.closeTo(0.013, 12) }],
    });
  });

  test.each<[what: string, settings: Partial<Settings>, told: ModelResponse['cost'], expected: unknown[]]>([
    ['as it is', {}, { amount: 0.5, currency: 'USD' }, [0.5, 'USD', 'provider']],
    ['converted', { currency: 'EUR', currencyRate: 0.5 }, { amount: 0.5, currency: 'USD' }, [0.25, 'EUR', 'provider']],
    [
      'in a currency for which there is no rate',
      { currency: 'EUR', currencyRate: 0.5 },
      { amount: 3, currency: 'CNY' },
      [3, 'CNY', 'provider'],
    ],
    ['zero', {}, { amount: 0, currency: 'USD' }, [0, 'USD', 'provider']],
  ])('takes what the answer says it cost: %s', async (_what, settings, told, expected) => {
    configure(settings);
    await ask({ ...answer, cost: told });
    expect(cost()).toEqual(expected);
  });

  describe('of another tier than the standard one', () => {
    const flex = { ...answer, tier: 'flex' };

    test('has no bundled cost, and tells why', async () => {
      await ask(flex);
      expect(cost()).toEqual([undefined, undefined, undefined]);
      expect(telemetry.span.attributes['annotel.service_tier']).toBe('flex');
      expect(await telemetry.points('annotel.cost')).toEqual([]);
    });

    test('has none when it is not sampled either', async () => {
      await telemetry.restart({ sampler: new AlwaysOffSampler() });
      await ask(flex);
      expect(await telemetry.points('annotel.cost')).toEqual([]);
      expect(await telemetry.points('gen_ai.client.token.usage')).toHaveLength(2);
    });

    test('costs what the answer says, or what a price of the app says', async () => {
      await ask({ ...flex, cost: { amount: 0.5, currency: 'USD' } });
      expect(cost()).toEqual([0.5, 'USD', 'provider']);
      await telemetry.restart({ settings: { prices: { 'gpt-4o': { input: 1, output: 2 } } } });
      await ask(flex);
      expect(cost()).toEqual([expect.closeTo(0.0012, 12), 'USD', 'local']);
    });
  });

  test('of several parts adds up what a cache keeps for an hour', async () => {
    const part = {
      ...{ 'gen_ai.usage.input_tokens': 10_000, 'gen_ai.usage.cache_creation.input_tokens': 10_000 },
      'annotel.usage.cache_write_1h.input_tokens': 10_000,
    };
    expect(priceOf({ ...combine(part, part), 'gen_ai.request.model': 'claude-opus-4-7' })?.amount).toBeCloseTo(0.2, 12);
  });

  test('that a semantic cache answered cost nothing and used nothing', async () => {
    const hit = { 'annotel.cache.hit': true, 'annotel.cache.type': 'semantic' };
    const usage = { ...answer.usage, cacheWriteTokens: 20, cacheWriteHourTokens: 10 };
    await ask({ ...answer, usage }, () => currentCall()?.add(hit));
    expect(cost()).toEqual([0, 'USD', 'local']);
    expect(Object.keys(telemetry.span.attributes).filter((name) => name.includes('.usage.'))).toEqual([]);
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
  });

  test('that the cache of the provider made cheaper is priced as usual', async () => {
    await ask(answer, () => annotate({ 'annotel.cache.hit': true, 'annotel.cache.type': 'prefix' }));
    expect(cost()).toEqual([expect.closeTo(0.00325, 12), 'USD', 'local']);
  });

  test('without a known price has no cost at all', async () => {
    await ask({ ...answer, model: 'unknown' }, () => currentCall()?.add({ 'gen_ai.request.model': 'unknown' }));
    expect(Object.keys(telemetry.span.attributes).filter((name) => name.startsWith('annotel.cost'))).toEqual([]);
    expect(await telemetry.points('annotel.cost')).toEqual([]);
  });

  test('of an embedding is priced, too', async () => {
    const told = { provider: 'openai', model: 'text-embedding-3-small', usage: { inputTokens: 1000 } };
    await Embedding({ response: () => told })(async function embed() {
      return [];
    })();
    expect(cost()).toEqual([expect.closeTo(0.00002, 12), 'USD', 'local']);
  });
});

test('a rate without another currency changes nothing', async () => {
  await telemetry.restart({ settings: { currencyRate: 0.9 } });
  await LlmCall({ provider: 'openai' })(async () => ({
    object: 'chat.completion',
    model: 'gpt-4o',
    choices: [],
    usage: { prompt_tokens: 1_000_000, completion_tokens: 0 },
  }))();
  expect(telemetry.span.attributes).toMatchObject({ 'annotel.cost.amount': 2.5, 'annotel.cost.currency': 'USD' });
});
