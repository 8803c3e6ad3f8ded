import { numberOf, objectOf, stringOf } from '../../shape.js';

/*
 * Which provider speaks OpenAI's wire format, told by what only that one adds to it. Shapes: the API references of Azure
 * OpenAI, OpenRouter, Groq, xAI, DeepSeek, Perplexity, Fireworks, Together, vLLM and Ollama. Where nothing tells, it is OpenAI.
 */

type Fields = Readonly<Record<string, unknown>>;

const OPENAI = 'openai';
const AZURE_OPENAI = 'azure.ai.openai';

/**
 * `gen_ai.provider.name`.
 *
 * @param mark what {@link markOf} said of the answer or its first chunks
 */
export function providerOf(mark: string | undefined, model: string | undefined, usage: unknown): string {
  return mark ?? markOfUsage(objectOf(usage), model) ?? markOfModel(model) ?? OPENAI;
}

/** Whether the attributes of the `openai` namespace apply. */
export function isOpenAI(provider: string): boolean {
  return provider === OPENAI || provider === AZURE_OPENAI;
}

/** What an answer, or a chunk of one, says beside its usage; `undefined` where it could be of several. */
export function markOf(answer: Fields): string | undefined {
  if (isOpenRouter(answer)) return 'openrouter';
  if (objectOf(answer['x_groq'])) return 'groq';
  const choices = answer['choices'];
  const choice = Array.isArray(choices) ? objectOf(choices[0]) : undefined;
  if (isAzure(answer, choice)) return AZURE_OPENAI;
  if (choice && isTogether(answer, choice)) return 'together';
  if (isVllm(answer)) return 'vllm';
  return answer['system_fingerprint'] === 'fp_ollama' ? 'ollama' : undefined;
}

function isOpenRouter(answer: Fields): boolean {
  const named = stringOf(answer['provider']) !== undefined || objectOf(answer['openrouter_metadata']) !== undefined;
  return named && /^gen-/.test(stringOf(answer['id']) ?? '');
}

/** Its content filter annotates the prompt and each choice; in the responses API, the whole. */
function isAzure(answer: Fields, choice: Fields | undefined): boolean {
  return (
    Array.isArray(answer['prompt_filter_results']) ||
    Array.isArray(answer['content_filters']) ||
    objectOf(choice?.['content_filter_results']) !== undefined
  );
}

/** Its choices tell the seed, beside the prompt in an answer and a second copy of the text in a chunk. */
function isTogether(answer: Fields, choice: Fields): boolean {
  return 'seed' in choice && (Array.isArray(answer['prompt']) || typeof choice['text'] === 'string');
}

/** Written even where they are null; in a stream, on its first chunk. */
function isVllm(answer: Fields): boolean {
  return 'prompt_token_ids' in answer || ('prompt_logprobs' in answer && 'kv_transfer_params' in answer);
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

/** Names that only one provider gives to models. */
function markOfModel(model: string | undefined): string | undefined {
  if (model === undefined) return undefined;
  if (/^accounts\/[^/]+\/(models|deployments)\//.test(model)) return 'fireworks';
  if (model === 'deepseek-chat' || model === 'deepseek-reasoner') return 'deepseek';
  if (/^grok-\d/.test(model)) return 'x_ai';
  return /^sonar(-|$)/.test(model) ? 'perplexity' : undefined;
}
