import type { ModelResponse, TokenUsage } from '../../answer.js';
import { countOf, numberOf, objectOf } from '../../shape.js';

/*
 * Tokens and cost of OpenAI's chat and responses APIs, and of the servers that speak the same wire format. Shapes: the API
 * references of OpenAI, DeepSeek, xAI, OpenRouter, Perplexity, Together and LiteLLM.
 */

type Fields = Readonly<Record<string, unknown>>;

/**
 * `prompt_tokens` and `input_tokens` include the cached ones.
 *
 * @param model that answered
 */
export function tokenUsage(value: unknown, model?: string): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const input = objectOf(usage['prompt_tokens_details']) ?? objectOf(usage['input_tokens_details']);
  const output = objectOf(usage['completion_tokens_details']) ?? objectOf(usage['output_tokens_details']);
  const inputTokens = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
  // DeepSeek, Anthropic behind LiteLLM, and Together tell it their own way.
  const cacheReadTokens =
    countOf(input?.['cached_tokens']) ??
    countOf(usage['prompt_cache_hit_tokens']) ??
    countOf(usage['cache_read_input_tokens']) ??
    countOf(usage['cached_tokens']);
  return {
    inputTokens: wholeInput(inputTokens, cacheReadTokens),
    cacheReadTokens,
    cacheWriteTokens:
      countOf(input?.['cache_write_tokens']) ??
      countOf(input?.['cache_creation_input_tokens']) ??
      countOf(usage['cache_creation_input_tokens']),
    ...outputUsage(usage, inputTokens, countOf(output?.['reasoning_tokens']), model),
  };
}

/** A part cannot exceed its whole: xAI sometimes counts the cached tokens beside the others. */
function wholeInput(input: number | undefined, cached: number | undefined): number | undefined {
  return input !== undefined && cached !== undefined && cached > input ? input + cached : input;
}

/** Reasoning is part of the output, but for xAI and Perplexity, which bill it beside the answer's tokens. */
function outputUsage(usage: Fields, input = 0, told: number | undefined, model: string | undefined): TokenUsage {
  const output = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  const total = countOf(usage['total_tokens']) ?? 0;
  const reasoning = told ?? countOf(usage['reasoning_tokens']);
  // Google's own endpoint has a model's thoughts in the total only.
  if (output !== undefined && !reasoning && total > input + output && model?.includes('gemini'))
    return { outputTokens: total - input };
  if (output === undefined || reasoning === undefined) return { outputTokens: output, reasoningTokens: reasoning };
  const isBeside =
    (told === undefined && SEARCHED.some((field) => usage[field] !== undefined)) ||
    (total === 0 ? reasoning > output : reasoning > 0 && total === input + output + reasoning);
  if (isBeside) return { outputTokens: output + reasoning, reasoningTokens: reasoning };
  // A gateway's estimate that exceeds what it bills says nothing.
  return { outputTokens: output, reasoningTokens: reasoning <= output ? reasoning : undefined };
}

/**
 * What Perplexity tells beside, which leaves the reasoning out of the total as well. SGLang tells its reasoning tokens at the
 * same place, and counts them as output.
 */
const SEARCHED = ['citation_tokens', 'num_search_queries', 'search_context_size'];

/** xAI bills in ticks, of which ten thousand million are a dollar. */
const TICKS_PER_USD = 1e10;

/** What the answer itself says that it cost. Free models cost 0, which is told too. */
export function reportedCost(value: unknown): ModelResponse['cost'] {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const ticks = amountOf(usage['cost_in_usd_ticks']);
  if (ticks !== undefined) return { amount: ticks / TICKS_PER_USD, currency: 'USD' };
  const { cost } = usage;
  const itemised = objectOf(cost);
  if (itemised) {
    const amount = amountOf(itemised['total_cost']);
    const currency = itemised['currency'];
    return amount === undefined ? undefined : { amount, currency: typeof currency === 'string' ? currency : 'USD' };
  }
  const amount = amountOf(cost);
  if (amount === undefined) return undefined;
  // With a key of the user's own, OpenRouter charges its fee, and the provider behind it charges the rest.
  const upstream =
    usage['is_byok'] === true ? amountOf(objectOf(usage['cost_details'])?.['upstream_inference_cost']) : 0;
  return { amount: amount + (upstream ?? 0), currency: 'USD' };
}

function amountOf(value: unknown): number | undefined {
  const amount = numberOf(value);
  return amount !== undefined && amount >= 0 ? amount : undefined;
}
