import { countOf, objectOf } from './shape.js';

/** Tokens that were written to a cache which keeps them for an hour, as Anthropic and Bedrock's Converse tell it in the usage. */
export function hourWrites(value: unknown): number | undefined {
  const usage = objectOf(value);
  const { cacheDetails } = usage ?? {};
  const detail = Array.isArray(cacheDetails)
    ? cacheDetails.map(objectOf).find((kept) => kept?.['ttl'] === '1h')
    : undefined;
  return countOf(objectOf(usage?.['cache_creation'])?.['ephemeral_1h_input_tokens'] ?? detail?.['inputTokens']);
}
