import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { parsePrices } from '../../../../lib/genai/pricing/own-prices.js';
import { priceOf } from '../../../../lib/genai/pricing/price.js';
import { configure } from '../../../../lib/index.js';
import type { Settings } from '../../../../lib/settings.js';
import { useTelemetry } from '../../../support/telemetry.js';
import { bagOf } from '../../../support/usage-bag.js';

useTelemetry();

describe('own prices and currencies', () => {
  const whole = {
    input: 3_000_000,
    cacheRead: 1_000_000,
    cacheWrite: 1_000_000,
    output: 2_000_000,
    reasoning: 1_000_000,
  };

  test.each<[what: string, settings: Partial<Settings>, bag: Attributes, amount: number, currency: string]>([
    ['by model', { prices: { m: { input: 1, output: 10 } } }, bagOf('p', 'm', whole), 23, 'USD'],
    [
      'of every part',
      { prices: { m: { input: 1, output: 10, cacheRead: 0.1, cacheWrite: 2, reasoning: 20 } } },
      bagOf('p', 'm', whole),
      33.1,
      'USD',
    ],
    ['by provider and model', { prices: { m: { input: 1 }, 'p/m': { input: 2 } } }, bagOf('p', 'm', whole), 6, 'USD'],
    ['of a model that runs here', { prices: { m: { input: 1 } } }, bagOf('ollama', 'm', whole), 3, 'USD'],
    ['over a bundled one', { prices: { 'gpt-4o': { input: 1 } } }, bagOf('openai', 'gpt-4o', whole), 3, 'USD'],
    [
      'of the model that was asked, over a bundled one of the model that answered',
      { prices: { 'gpt-4o': { input: 1 } } },
      bagOf('openai', 'gpt-4o', whole, { 'gen_ai.response.model': 'gpt-4o-2024-08-06' }),
      3,
      'USD',
    ],
    [
      'in the configured currency',
      { prices: { m: { input: 1 } }, currency: 'EUR', currencyRate: 0.5 },
      bagOf('p', 'm', whole),
      3,
      'EUR',
    ],
    [
      'bundled ones, converted',
      { currency: 'EUR', currencyRate: 0.5 },
      bagOf('openai', 'gpt-4o', { input: 1_000_000 }),
      1.25,
      'EUR',
    ],
    [
      'bundled ones, in USD where no rate is known',
      { currency: 'EUR' },
      bagOf('openai', 'gpt-4o', { input: 1_000_000 }),
      2.5,
      'USD',
    ],
  ])('%s', (_what, settings, bag, amount, currency) => {
    configure(settings);
    expect(priceOf(bag)).toEqual({ amount: expect.closeTo(amount, 12), currency, source: 'local' });
  });

  test('take effect for models that were priced before', () => {
    const bag = bagOf('openai', 'gpt-4o', { input: 1_000_000 });
    expect(priceOf(bag)?.amount).toBe(2.5);
    configure({ prices: { 'gpt-4o': { input: 7 } } });
    expect(priceOf(bag)?.amount).toBe(7);
  });
});

describe('parsePrices', () => {
  test('gives the entries that are right', () => {
    const json = JSON.parse('{"m":{"input":3,"output":15,"cacheRead":0.3},"__proto__":{"input":1}}');
    expect(parsePrices(json)).toEqual({ prices: json, problems: [] });
    expect(Object.keys(parsePrices(json).prices)).toEqual(['m', '__proto__']);
  });

  test.each<[json: unknown, problem: string]>([
    [[], 'expected an object of prices by model'],
    [null, 'expected an object of prices by model'],
    [{ m: 3 }, '"m": expected an object such as { "input": 3, "output": 15 }'],
    [{ m: { output: 3 } }, '"m": input is missing'],
    [{ m: { input: '3' } }, '"m": input must be a number of at least 0, not "3"'],
    [{ m: { input: 3, output: -1 } }, '"m": output must be a number of at least 0, not -1'],
    [
      { m: { input: 3, cache_read: 1 } },
      '"m": unknown cache_read; allowed are input, output, cacheRead, cacheWrite, reasoning',
    ],
  ])('tells what is wrong with %j', (json, problem) => {
    expect(parsePrices(json)).toEqual({ prices: {}, problems: [problem] });
  });

  test('leaves out only what is wrong', () => {
    const { prices, problems } = parsePrices({ a: { input: 1 }, b: {}, c: { input: 2 } });
    expect(prices).toEqual({ a: { input: 1 }, c: { input: 2 } });
    expect(problems).toEqual(['"b": input is missing']);
  });
});
