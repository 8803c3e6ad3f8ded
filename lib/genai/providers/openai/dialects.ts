import type { ModelResponse, TokenUsage } from '../../answer.js';
import { countOf, numberOf, objectOf, stringOf } from '../../shape.js';

/*
 * The servers that speak OpenAI's wire format: which one it is, recognised by what only that one adds to it, and how each of
 * them counts tokens and reports the cost. Shapes: the API references of OpenAI, Azure OpenAI, OpenRouter, Groq, xAI, DeepSeek,
 * Perplexity, Fireworks, Together, vLLM, Ollama and LiteLLM. Where nothing else is recognised, it is OpenAI.
 */

type Fields = Readonly<Record<string, unknown>>;

const OPENAI = 'openai';
const AZURE_OPENAI = 'azure.ai.openai';

/**
 * `gen_ai.provider.name`.
 *
 * @param mark what {@link markOf} returned for the answer or its first chunks
 */
export function providerOf(mark: string | undefined, model: string | undefined, usage: unknown): string {
  const known = mark ?? markOfUsage(objectOf(usage), model);
  if (known !== undefined || model === undefined) return known ?? OPENAI;
  // Names that only one provider gives to models.
  if (/^accounts\/[^/]+\/(models|deployments)\//.test(model)) return 'fireworks';
  if (model === 'deepseek-chat' || model === 'deepseek-reasoner') return 'deepseek';
  if (/^grok-\d/.test(model)) return 'x_ai';
  return /^sonar(-|$)/.test(model) ? 'perplexity' : OPENAI;
}

/** Whether the attributes of the `openai` namespace apply. */
export function isOpenAI(provider: string): boolean {
  return provider === OPENAI || provider === AZURE_OPENAI;
}

/**
 * What an answer, or a chunk of one, says of its provider beside its usage and model; `undefined` where it could be of several.
 */
export function markOf(answer: Fields): string | undefined {
  const { id, choices } = answer;
  const choice = Array.isArray(choices) ? objectOf(choices[0]) : undefined;
  const isGeneration = typeof id === 'string' && id.startsWith('gen-');
  if (isGeneration && (stringOf(answer['provider']) ?? objectOf(answer['openrouter_metadata']))) return 'openrouter';
  if (objectOf(answer['x_groq'])) return 'groq';
  // The content filter of Azure annotates the prompt and each choice; in the responses API, the response.
  const isFiltered = Array.isArray(answer['prompt_filter_results']) || Array.isArray(answer['content_filters']);
  if (isFiltered || objectOf(choice?.['content_filter_results'])) return AZURE_OPENAI;
  // Choices of Together have the seed, beside the prompt in an answer and a second copy of the text in a chunk.
  const isSeeded = choice !== undefined && 'seed' in choice;
  if (isSeeded && (Array.isArray(answer['prompt']) || typeof choice['text'] === 'string')) return 'together';
  // Written even where they are null; in a stream, on its first chunk.
  if ('prompt_token_ids' in answer || ('prompt_logprobs' in answer && 'kv_transfer_params' in answer)) return 'vllm';
  return answer['system_fingerprint'] === 'fp_ollama' ? 'ollama' : undefined;
}

function markOfUsage(usage: Fields | undefined, model: string | undefined): string | undefined {
  if (!usage) return undefined;
  if (typeof usage['is_byok'] === 'boolean') return 'openrouter';
  if (numberOf(usage['queue_time']) !== undefined) return 'groq';
  if (numberOf(usage['cost_in_usd_ticks']) !== undefined || numberOf(usage['num_sources_used']) !== undefined)
    return 'x_ai';
  if (numberOf(objectOf(usage['cost'])?.['total_cost']) !== undefined) return 'perplexity';
  // Other hosts of its models count so too, but give them longer names.
  if (numberOf(usage['prompt_cache_hit_tokens']) !== undefined && /^deepseek-[^/]+$/.test(model ?? ''))
    return 'deepseek';
  return undefined;
}

// --- tokens and cost -------------------------------------------------------------------------------------------------

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
  // DeepSeek, Anthropic behind LiteLLM, and Together have names of their own for it.
  const cacheReadTokens =
    countOf(input?.['cached_tokens']) ??
    countOf(usage['prompt_cache_hit_tokens']) ??
    countOf(usage['cache_read_input_tokens']) ??
    countOf(usage['cached_tokens']);
  return {
    // Cached tokens are part of the input: where they are more, they were counted beside it, as xAI sometimes does.
    inputTokens:
      inputTokens !== undefined && (cacheReadTokens ?? 0) > inputTokens
        ? inputTokens + (cacheReadTokens ?? 0)
        : inputTokens,
    cacheReadTokens,
    cacheWriteTokens:
      countOf(input?.['cache_write_tokens']) ??
      countOf(input?.['cache_creation_input_tokens']) ??
      countOf(usage['cache_creation_input_tokens']),
    ...outputUsage(usage, inputTokens, countOf(output?.['reasoning_tokens']), model),
  };
}

/** Reasoning is part of the output, but for xAI and Perplexity, which bill it beside the answer's tokens. */
function outputUsage(usage: Fields, input = 0, detailed: number | undefined, model: string | undefined): TokenUsage {
  const output = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  const total = countOf(usage['total_tokens']) ?? 0;
  const reasoning = detailed ?? countOf(usage['reasoning_tokens']);
  // Google's own endpoint has a model's thoughts in the total only.
  if (output !== undefined && !reasoning && total > input + output && model?.includes('gemini'))
    return { outputTokens: total - input };
  if (output === undefined || reasoning === undefined) return { outputTokens: output, reasoningTokens: reasoning };
  const isBeside =
    (detailed === undefined && SEARCHED.some((field) => usage[field] !== undefined)) ||
    (total === 0 ? reasoning > output : reasoning > 0 && total === input + output + reasoning);
  if (isBeside) return { outputTokens: output + reasoning, reasoningTokens: reasoning };
  // A gateway's estimate that exceeds what it bills says nothing.
  return { outputTokens: output, reasoningTokens: reasoning <= output ? reasoning : undefined };
}

/**
 * What Perplexity's usage has beside, which leaves the reasoning out of the total as well. SGLang has its reasoning tokens at the
 * same place, and counts them as output.
 */
const SEARCHED = ['citation_tokens', 'num_search_queries', 'search_context_size'];

/** xAI bills in ticks, of which ten thousand million are a dollar. */
const TICKS_PER_USD = 1e10;

/** What the answer itself says that it cost; 0 for a free model. */
export function reportedCost(value: unknown): ModelResponse['cost'] {
  const usage = objectOf(value);
  if (!usage || (usage['cost'] ?? usage['cost_in_usd_ticks']) === undefined) return undefined;
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
