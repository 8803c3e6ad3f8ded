import { type ModelResponse, specialTier, type TokenUsage } from '../../answer.js';
import { reconciled } from '../../reconcile.js';
import { ATTR_OPENAI_RESPONSE_SERVICE_TIER, ERROR_TYPE_OTHER, FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import * as anthropic from '../anthropic/anthropic.js';
import * as bedrock from '../bedrock/bedrock.js';
import * as gemini from '../gemini/gemini.js';

/*
 * What answers of the Vercel AI SDK and the parts of its streams have in common: a call to the model is a step, and what ends it
 * describes it. Shapes: the types of the `ai` package 7, with the names that versions 4 to 6 had.
 */

type Fields = Readonly<Record<string, unknown>>;

/** The model's answer, as far as a step, or the part that ends one, describes it. */
export function ending(step: Fields): ModelResponse {
  const response = objectOf(step['response']);
  const reason = finishReason(step);
  const metadata = objectOf(step['providerMetadata']) ?? {};
  const tier = stringOf(objectOf(metadata['openai'])?.['serviceTier']);
  return {
    provider: requestedProvider(step) ?? providerOf(metadata),
    id: stringOf(response?.['id']),
    model: stringOf(response?.['modelId']),
    finishReasons: reason === undefined ? undefined : [reason],
    error: step['finishReason'] === 'error' ? ERROR_TYPE_OTHER : undefined,
    tier: specialTier(
      tier,
      tierOfUsage(objectOf(step['usage'])?.['raw']),
      // OpenAI's chat API has it beside the usage, in the response body; version 7 keeps the body only where it is configured to.
      tierOfUsage(response?.['body']),
      tierOfUsage(metadataUsage(metadata, 'anthropic')),
      bedrock.tierOfConverse(objectOf(metadata['bedrock'])),
    ),
    attributes: tier === undefined ? undefined : { [ATTR_OPENAI_RESPONSE_SERVICE_TIER]: tier },
  };
}

/** The provider's own word; the SDK's where it keeps that to itself. */
export function finishReason(step: Fields): string | undefined {
  if (step['finishReason'] === 'error') return FINISH_REASON_ERROR;
  return stringOf(step['rawFinishReason']) ?? stringOf(step['finishReason']);
}

/** Metadata stands under the name of the provider that gave it, and of the gateway that it came through. */
export function providerOf(metadata: Fields): string | undefined {
  for (const provider in metadata) {
    const known = providerNamed(provider);
    if (known !== undefined) return known;
  }
  return undefined;
}

/**
 * Input tokens include the cached ones, output tokens those of reasoning; where a provider made for version 4 or 5 counts them
 * beside, that is put right.
 *
 * @param metadata `providerMetadata` of the same step, in which Anthropic's and Bedrock's providers have more counts
 */
export function tokenUsage(value: unknown, metadata?: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const input = objectOf(usage['inputTokenDetails']);
  const ofAnthropic = metadataUsage(metadata, 'anthropic');
  const ofBedrock = metadataUsage(metadata, 'bedrock');
  const counted: TokenUsage = {
    inputTokens: countOf(usage['inputTokens'] ?? usage['promptTokens']),
    outputTokens: countOf(usage['outputTokens'] ?? usage['completionTokens']),
    cacheReadTokens: countOf(
      input?.['cacheReadTokens'] ?? usage['cachedInputTokens'] ?? ofAnthropic?.['cache_read_input_tokens'],
    ),
    cacheWriteTokens: countOf(
      input?.['cacheWriteTokens'] ??
        ofAnthropic?.['cache_creation_input_tokens'] ??
        ofBedrock?.['cacheWriteInputTokens'],
    ),
    cacheWriteHourTokens: hourWrites(usage['raw']) ?? hourWrites(ofAnthropic) ?? hourWrites(ofBedrock),
    reasoningTokens: countOf(objectOf(usage['outputTokenDetails'])?.['reasoningTokens'] ?? usage['reasoningTokens']),
  };
  const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = counted;
  // Anthropic's own count, handed on as it is, leaves out what was cached; so does the total made of it.
  if (inputTokens !== undefined && inputTokens === ofAnthropic?.['input_tokens'])
    return { ...counted, inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens };
  return reconciled(counted, countOf(usage['totalTokens']));
}

/** Of whichever provider the usage is. */
function hourWrites(usage: unknown): number | undefined {
  return anthropic.hourWritesOfMessage(usage) ?? bedrock.hourWritesOfConverse(usage);
}

function tierOfUsage(usage: unknown): string | undefined {
  return anthropic.tierOfMessage(usage) ?? gemini.tierOfContent(usage);
}

function metadataUsage(metadata: unknown, provider: string): Fields | undefined {
  return objectOf(objectOf(objectOf(metadata)?.[provider])?.['usage']);
}

/** `gen_ai.provider.name` of the model object that a request or a step names. */
export function requestedProvider(request: Fields): string | undefined {
  return providerNamed(stringOf(objectOf(request['model'])?.['provider']));
}

/** The names of the AI SDK's providers, such as `openai.chat`; the longer beginnings first. */
const SDK_PROVIDERS: readonly (readonly [beginning: string, provider: string])[] = [
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['anthropic', 'anthropic'],
  ['azure', 'azure.ai.openai'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['groq', 'groq'],
  ['mistral', 'mistral_ai'],
  ['openai', 'openai'],
  ['perplexity', 'perplexity'],
  ['xai', 'x_ai'],
];

function providerNamed(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  for (const [beginning, provider] of SDK_PROVIDERS) {
    // A whole word of the name: `openai-compatible` is not OpenAI.
    if (name === beginning || name.startsWith(`${beginning}.`)) return provider;
  }
  return undefined;
}
