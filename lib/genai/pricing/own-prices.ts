import type { ModelPrice } from '../../settings.js';

const FIELDS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'];

/**
 * Checks own prices, as read from the file that `ANNOTEL_PRICES` names:
 * `{ "my-model": { "input": 3, "output": 15 }, "azure.ai.openai/gpt-4o": { … } }`, in units of the configured currency per
 * million tokens. The provider before the slash is named as in `gen_ai.provider.name`. Cached and reasoning tokens that have
 * no price of their own are plain input and output; output without a price is free.
 *
 * @returns the entries that are right, and one sentence for each that is left out
 */
export function parsePrices(json: unknown): { prices: Record<string, ModelPrice>; problems: string[] } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { prices: {}, problems: ['expected an object of prices by model'] };
  }
  const problems: string[] = [];
  const prices: [string, ModelPrice][] = [];
  for (const [model, price] of Object.entries(json)) {
    const problem = problemOf(price);
    if (problem === undefined) prices.push([model, price as ModelPrice]);
    else problems.push(`${JSON.stringify(model)}: ${problem}`);
  }
  return { prices: Object.fromEntries(prices), problems };
}

function problemOf(price: unknown): string | undefined {
  if (typeof price !== 'object' || price === null || Array.isArray(price)) {
    return 'expected an object such as { "input": 3, "output": 15 }';
  }
  const unknown = Object.keys(price).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0) return `unknown ${unknown.join(', ')}; allowed are ${FIELDS.join(', ')}`;
  if (!('input' in price)) return 'input is missing';
  for (const [field, value] of Object.entries(price)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      return `${field} must be a number of at least 0, not ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}
