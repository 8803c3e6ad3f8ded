import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import * as library from '@pydantic/genai-prices';
import { type PriceLibrary, PriceTable, priceOf } from '../../../../lib/genai/pricing/price.js';
import { rethrowFaults } from '../../../../lib/settings.js';
import { useTelemetry } from '../../../support/telemetry.js';
import { bagOf, type Usage } from '../../../support/usage-bag.js';

useTelemetry();
afterEach(() => void jest.restoreAllMocks());

describe('bundled prices', () => {
  const PROVIDERS =
    `anthropic aws azure cohere deepseek fireworks google groq minimax mistral moonshotai openai openrouter
    perplexity together voyageai x-ai zhipuai`.split(/\s+/);
  const USAGES: Usage[] = [
    { input: 0, output: 0 },
    { input: 1000, output: 500 },
    { input: 12_345 },
    { output: 777 },
    { input: 5000, cacheRead: 4000, output: 10 },
    { input: 5000, cacheRead: 1000, cacheWrite: 2000, output: 900, reasoning: 600 },
    { input: 128_001, output: 1 },
    { input: 200_000, cacheRead: 3, output: 7 },
    { input: 200_001, cacheRead: 199_999, output: 64_000, reasoning: 1 },
    { input: 600_000, cacheRead: 500_000, cacheWrite: 90_000, output: 12, reasoning: 12 },
    { input: 50_000, cacheRead: 1000, cacheWrite: 30_000, cacheWriteHour: 10_000, output: 100 },
    { input: 10_000, cacheWrite: 10_000, cacheWriteHour: 10_000 },
    { input: 400_000, cacheWrite: 300_000, cacheWriteHour: 250_000, output: 9 },
    { input: 10, cacheWrite: 5, cacheWriteHour: 6, output: 1 },
    { input: 10, cacheRead: 11, output: 1 },
    { input: 10, output: 5, reasoning: 6 },
  ];
  /** Sold by hours of audio, pages and the like. */
  const byOtherThanTokens = (price: library.ModelPrice) =>
    Object.keys(price).length > 0 && price['input_mtok'] === undefined && price['output_mtok'] === undefined;

  test('give what the library computes, for every model and kind of usage', () => {
    const table = new PriceTable(() => library);
    let compared = 0;
    const wrong: string[] = [];
    for (const providerId of PROVIDERS) {
      for (const { id } of library.findProvider({ providerId })?.models ?? []) {
        const model = library.calcPrice({}, id, { providerId });
        if (!model || byOtherThanTokens(model.model_price)) continue;
        for (const usage of USAGES) {
          const expected = calculated(usage, id, providerId);
          const actual = table.priceOf(bagOf(providerId, id, usage))?.amount;
          compared += 1;
          if (expected === undefined ? actual !== undefined : !isClose(actual, expected)) {
            wrong.push(`${providerId} ${id} ${JSON.stringify(usage)}: ${actual}, not ${expected}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(5000);
  });

  /** `undefined` where the counts contradict each other, at which the library throws. */
  function calculated(usage: Usage, model: string, providerId: string): number | undefined {
    try {
      const { input, output, cacheRead, cacheWrite, cacheWriteHour, reasoning } = usage;
      const counts = {
        input_tokens: input,
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
        cache_write_1h_tokens: cacheWriteHour,
        output_tokens: output,
        output_reasoning_tokens: reasoning,
      };
      return library.calcPrice(counts, model, { providerId })?.total_price;
    } catch {
      return undefined;
    }
  }

  function isClose(actual: number | undefined, expected: number): boolean {
    return actual !== undefined && Math.abs(actual - expected) <= 1e-12 * Math.abs(expected);
  }

  const MILLION = { input: 1_000_000 };
  test.each<[provider: string | undefined, model: string, amount: number]>([
    ['openai', 'gpt-4o-2024-08-06', 2.5],
    ['openai', 'text-embedding-3-small', 0.02],
    ['azure.ai.openai', 'gpt-4o-2024-08-06', 2.5],
    ['azure.ai.inference', 'gpt-4o', 2.5],
    ['anthropic', 'claude-3-5-haiku-20241022', 0.8],
    ['aws.bedrock', 'anthropic.claude-3-5-sonnet-20241022-v2:0', 3],
    ['aws.bedrock', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0', 3],
    ['aws.bedrock', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['aws.bedrock', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3],
    ['aws.bedrock', 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0', 0.06],
    ['aws.bedrock', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', 0.06],
    ['gcp.gemini', 'gemini-2.0-flash', 0.1],
    ['gcp.gemini', 'models/gemini-2.0-flash-001', 0.1],
    ['gcp.vertex_ai', 'publishers/google/models/gemini-2.0-flash', 0.1],
    ['gcp.gen_ai', 'gemini-embedding-001', 0.15],
    ['mistral_ai', 'mistral-large-latest', 2],
    ['x_ai', 'grok-3', 3],
    ['cohere', 'command-r-plus-08-2024', 2.5],
    ['groq', 'llama-3.3-70b-versatile', 0.59],
    ['moonshot_ai', 'kimi-k2-thinking', 0.6],
    ['openrouter', 'openai/gpt-4o', 2.5],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 0.88],
    ['perplexity', 'sonar', 1.012],
    ['openai.responses', 'gpt-4o', 2.5],
    ['my-gateway', 'gpt-4o', 2.5],
    [undefined, 'gpt-4o', 2.5],
  ])('know %s %s', (provider, model, amount) => {
    expect(priceOf(bagOf(provider, model, MILLION))).toEqual({
      amount: expect.closeTo(amount, 12),
      currency: 'USD',
      source: 'local',
    });
  });

  test.each<[why: string, provider: string | undefined, model: string | undefined, usage: Usage]>([
    ['an unknown model', 'openai', 'gpt-of-the-future-9', MILLION],
    ['a model of another provider', 'groq', 'claude-sonnet-4-5', MILLION],
    ['a model that runs here', 'ollama', 'gpt-oss:20b', MILLION],
    ['a model that runs here under the name of a sold one', 'vllm', 'gpt-4o', MILLION],
    ['an unknown provider and model', 'acme', 'm', MILLION],
    ['no model', 'openai', undefined, MILLION],
    ['no usage', 'openai', 'gpt-4o', {}],
    ['a model that is sold by the hour', 'openai', 'whisper-1', MILLION],
    ['a part that exceeds the whole', 'openai', 'gpt-4o', { input: 10, cacheRead: 20 }],
  ])('tell nothing of %s', (_why, provider, model, usage) => {
    expect(priceOf(bagOf(provider, model, usage))).toBeUndefined();
  });

  test('charge more for what a cache keeps for an hour', () => {
    const written = { input: 10_000, cacheWrite: 10_000 };
    expect(priceOf(bagOf('anthropic', 'claude-opus-4-7', written))?.amount).toBeCloseTo(0.0625, 12);
    const kept = { ...written, cacheWriteHour: 10_000 };
    expect(priceOf(bagOf('anthropic', 'claude-opus-4-7', kept))?.amount).toBeCloseTo(0.1, 12);
  });

  test('the model that answered comes first, the one that was asked second', () => {
    const answered = (model: string) => ({ 'gen_ai.response.model': model });
    expect(priceOf(bagOf('openai', 'gpt-4o', MILLION, answered('gpt-4o-mini-2024-07-18')))?.amount).toBe(0.15);
    expect(priceOf(bagOf('openai', 'gpt-4o', MILLION, answered('my-deployment')))?.amount).toBe(2.5);
  });

  test('but for Bedrock, where the id that was asked tells the region', () => {
    const bag = bagOf('aws.bedrock', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', MILLION, {
      'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
    });
    expect(priceOf(bag)?.amount).toBe(3);
    const router = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1';
    expect(priceOf({ ...bag, 'gen_ai.request.model': router })?.amount).toBe(3.3);
  });

  test.each([
    ['2026-11-20T16:29:59.999Z', 0.27],
    ['2026-11-20T16:30:00.000Z', 0.135],
    ['2026-11-21T00:29:59.999Z', 0.135],
    ['2026-11-21T00:30:00.000Z', 0.27],
  ])('at %s deepseek-chat is charged for that hour', (time, amount) => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(time));
    expect(new PriceTable(() => library).priceOf(bagOf('deepseek', 'deepseek-chat', MILLION))?.amount).toBe(amount);
  });
});

describe('a model is found once', () => {
  const counting = () => {
    const calcPrice = jest.fn(library.calcPrice);
    return { table: new PriceTable(() => ({ ...library, calcPrice }) as PriceLibrary), calcPrice };
  };
  const usage = { input: 1_000_000 };

  test('whether it is known or not', () => {
    const { table, calcPrice } = counting();
    for (let n = 0; n < 100; n += 1) {
      table.priceOf(bagOf('openai', 'gpt-4o', { input: n }));
      table.priceOf(bagOf('openai', 'unknown-to-all', { input: n }));
    }
    expect(calcPrice).toHaveBeenCalledTimes(2);
  });

  test('but one whose price depends on the time again in the next minute', () => {
    const { table, calcPrice } = counting();
    const now = jest.spyOn(Date, 'now');
    const amounts = ['16:29:01', '16:29:59', '16:30:00', '16:30:59'].map((time) => {
      now.mockReturnValue(Date.parse(`2026-11-20T${time}Z`));
      return table.priceOf(bagOf('deepseek', 'deepseek-chat', usage))?.amount;
    });
    expect(amounts).toEqual([0.27, 0.27, 0.135, 0.135]);
    expect(calcPrice).toHaveBeenCalledTimes(2);
  });

  test('of so many that memory stays bounded', () => {
    const { table, calcPrice } = counting();
    for (let n = 0; n < 501; n += 1) table.priceOf(bagOf('openai', `gpt-4o-${n}`, usage));
    calcPrice.mockClear();
    table.priceOf(bagOf('openai', 'gpt-4o-500', usage));
    expect(calcPrice).not.toHaveBeenCalled();
    table.priceOf(bagOf('openai', 'gpt-4o-0', usage));
    expect(calcPrice).toHaveBeenCalledTimes(1);
  });

  test('and one that is unknown is told of once', () => {
    const info = jest.fn();
    const logger = { info, error() {}, warn() {}, debug() {}, verbose() {} };
    diag.setLogger(logger, DiagLogLevel.INFO);
    info.mockClear();
    for (const input of [1, 2]) priceOf(bagOf('openai', 'told-once', { input }));
    diag.disable();
    expect(info.mock.calls).toEqual([
      ['annotel: no price is known for the model told-once of openai; its calls have no cost'],
    ]);
  });

  test('and a tier of service, whatever the model', () => {
    const info = jest.fn();
    diag.setLogger({ info, error() {}, warn() {}, debug() {}, verbose() {} }, DiagLogLevel.INFO);
    info.mockClear();
    const tier = { 'annotel.service_tier': 'told-once' };
    for (const model of ['gpt-4o', 'gpt-4o-mini']) expect(priceOf(bagOf('openai', model, usage, tier))).toBeUndefined();
    diag.disable();
    expect(info.mock.calls).toEqual([
      [
        'annotel: no price is known for the service tier told-once; its calls have no cost, unless a price of your own tells it',
      ],
    ]);
  });

  test('prices that cannot be loaded cost the cost, and are asked for once', () => {
    rethrowFaults(false);
    const load = jest.fn((): PriceLibrary => {
      throw new Error('not installed');
    });
    const table = new PriceTable(load);
    for (const input of [1, 2]) expect(table.priceOf(bagOf('openai', 'gpt-4o', { input }))).toBeUndefined();
    expect(load).toHaveBeenCalledTimes(1);
  });
});
