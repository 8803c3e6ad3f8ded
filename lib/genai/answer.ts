import type { Attributes } from '@opentelemetry/api';
import type { Message } from './messages/message.js';
import * as semconv from './semconv.js';
import { countOf, stringOf } from './shape.js';

/** Token counts of one call, as billed. Cached and reasoning tokens are part of input and output, never beside them. */
export interface TokenUsage {
  /** `gen_ai.usage.input_tokens`: of the request, those read from and written to a cache included. */
  readonly inputTokens?: number;
  /** `gen_ai.usage.output_tokens`: of the answer, those of reasoning included. */
  readonly outputTokens?: number;
  /** Those of `inputTokens` that were read from the provider's cache. */
  readonly cacheReadTokens?: number;
  /** Those of `inputTokens` that were written to it. */
  readonly cacheWriteTokens?: number;
  /** Those of `cacheWriteTokens` that are kept for an hour, which costs more. */
  readonly cacheWriteHourTokens?: number;
  /** Those of `outputTokens` that the model reasoned with. */
  readonly reasoningTokens?: number;
}

/** A model's answer, whichever provider gave it. What the answer does not have is absent; nothing is made up. */
export interface ModelResponse {
  /** `gen_ai.provider.name`. */
  readonly provider?: string;
  readonly id?: string;
  /** The model that answered, which may differ from the one that was asked. */
  readonly model?: string;
  /** One per choice, in the provider's words; `error` where a choice was cut off. */
  readonly finishReasons?: readonly string[];
  readonly usage?: TokenUsage;
  /** Dimensions of an embedding. */
  readonly dimensions?: number;
  /** Code of a failure that the answer itself reports; `error.type`. Such a call has failed, though nothing was thrown. */
  readonly error?: string;
  /** What the call cost, where the answer itself has it, as those of gateways do. In units of the ISO 4217 currency. */
  readonly cost?: { readonly amount: number; readonly currency: string };
  /** The tier of service that answered, such as `flex`; only the standard one is charged at bundled prices. */
  readonly tier?: string;
  /** What only this provider has, under its own names. */
  readonly attributes?: Attributes;
  /** The content of the answer, one message per choice. Only while content is captured. */
  readonly output?: readonly Message[];
}

/** What is wanted of an answer beside provider, model, usage, cost, tier and error. */
export interface Wanted {
  /** Ids, finish reasons and what only this provider has: where the span or log record is kept. */
  readonly detail: boolean;
  /** The messages: where content is captured. */
  readonly content: boolean;
}

/** Folds the chunks of one streamed answer; holds counts and ids, and the text only where content is wanted. */
export interface ResponseFold {
  add(chunk: object): void;
  /** The answer as far as it was received. */
  response(): ModelResponse;
}

/**
 * What providers call the service that is sold at their listed prices: OpenAI, Anthropic, Bedrock, Groq and Google, which
 * may also leave it unspecified.
 */
const STANDARD = new Set(['default', 'standard', 'auto', 'on_demand', 'unspecified', 'traffic_type_unspecified']);

/**
 * The tier of an answer that is sold otherwise than at the listed price: later, sooner, or out of what was paid in advance.
 *
 * @param candidates whatever may be one; a provider may sell speed apart from the tier
 * @returns the first that is not the standard one, in the provider's word
 */
export function specialTier(...candidates: unknown[]): string | undefined {
  for (const value of candidates) {
    const tier = stringOf(value);
    if (tier !== undefined && !STANDARD.has(tier.toLowerCase())) return tier;
  }
  return undefined;
}

/** Renders a neutral answer as attributes. */
export function responseAttributes(response: ModelResponse, detail: boolean): Attributes {
  const bag: Attributes = {};
  const { usage } = response;
  if (response.model !== undefined) bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL] = response.model;
  if (usage) {
    // A user's own `response` may return anything, and one NaN would spoil a sum for good.
    const [input, output] = [countOf(usage.inputTokens), countOf(usage.outputTokens)];
    const [cacheRead, cacheWrite] = [countOf(usage.cacheReadTokens), countOf(usage.cacheWriteTokens)];
    const [cacheWriteHour, reasoning] = [countOf(usage.cacheWriteHourTokens), countOf(usage.reasoningTokens)];
    if (input !== undefined) bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] = input;
    if (output !== undefined) bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS] = output;
    if (cacheRead !== undefined) bag[semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS] = cacheRead;
    if (cacheWrite !== undefined) {
      semconv.setRenamed(bag, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, cacheWrite);
    }
    if (cacheWriteHour !== undefined) bag[semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS] = cacheWriteHour;
    if (reasoning !== undefined) bag[semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS] = reasoning;
  }
  const tier = specialTier(response.tier);
  if (tier !== undefined) bag[semconv.ATTR_ANNOTEL_SERVICE_TIER] = tier;
  if (response.error !== undefined) bag[semconv.ATTR_ERROR_TYPE] = response.error;
  if (response.cost && Number.isFinite(response.cost.amount)) {
    bag[semconv.ATTR_ANNOTEL_COST_AMOUNT] = response.cost.amount;
    bag[semconv.ATTR_ANNOTEL_COST_CURRENCY] = response.cost.currency;
    bag[semconv.ATTR_ANNOTEL_COST_SOURCE] = 'provider';
  }
  if (!detail) return bag;
  if (response.id !== undefined) bag[semconv.ATTR_GEN_AI_RESPONSE_ID] = response.id;
  if (response.finishReasons?.length) bag[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = [...response.finishReasons];
  if (response.dimensions !== undefined) bag[semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT] = response.dimensions;
  return response.attributes ? { ...bag, ...response.attributes } : bag;
}
