import type { ModelResponse, TokenUsage } from '../../answer.js';
import { hourWrites } from '../../cache-writes.js';
import { reconciled } from '../../reconcile.js';
import { requestedProvider } from '../../request.js';
import { ATTR_OPENAI_RESPONSE_SERVICE_TIER, ERROR_TYPE_OTHER, FINISH_REASON_ERROR } from '../../semconv.js';
import { specialTier, tierOfConverse, tierOfUsage } from '../../service-tier.js';
import { countOf, objectOf, stringOf } from '../../shape.js';

/*
 * What answers of the Vercel AI SDK and the parts of its streams have in common: a call to the model is a step, and what ends it
 * tells of it. Shapes: the types of the `ai` package 7, with the names that versions 4 to 6 had.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What a step, or the part that ends one, tells of the model's answer. */
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
      // OpenAI's chat tells it beside the usage, in what came over the wire; version 7 keeps that only where it is told to.
      tierOfUsage(response?.['body']),
      tierOfUsage(metadataUsage(metadata, 'anthropic')),
      tierOfConverse(objectOf(metadata['bedrock'])),
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
    const known = requestedProvider({ model: { provider, modelId: provider } });
    if (known !== undefined) return known;
  }
  return undefined;
}

/**
 * Input tokens include the cached ones, output tokens those of reasoning; where a provider made for version 4 or 5 counts them
 * beside, that is put right.
 *
 * @param metadata `providerMetadata` of the same step, in which Anthropic's and Bedrock's providers tell more
 */
export function tokenUsage(value: unknown, metadata?: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const input = objectOf(usage['inputTokenDetails']);
  const anthropic = metadataUsage(metadata, 'anthropic');
  const bedrock = metadataUsage(metadata, 'bedrock');
  const told: TokenUsage = {
    inputTokens: countOf(usage['inputTokens'] ?? usage['promptTokens']),
    outputTokens: countOf(usage['outputTokens'] ?? usage['completionTokens']),
    cacheReadTokens: countOf(
      input?.['cacheReadTokens'] ?? usage['cachedInputTokens'] ?? anthropic?.['cache_read_input_tokens'],
    ),
    cacheWriteTokens: countOf(
      input?.['cacheWriteTokens'] ?? anthropic?.['cache_creation_input_tokens'] ?? bedrock?.['cacheWriteInputTokens'],
    ),
    cacheWriteHourTokens: hourWrites(usage['raw']) ?? hourWrites(anthropic) ?? hourWrites(bedrock),
    reasoningTokens: countOf(objectOf(usage['outputTokenDetails'])?.['reasoningTokens'] ?? usage['reasoningTokens']),
  };
  const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = told;
  // Anthropic's own count, handed on as it is, leaves out what was cached; so does the total made of it.
  if (inputTokens !== undefined && inputTokens === anthropic?.['input_tokens'])
    return { ...told, inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens };
  return reconciled(told, countOf(usage['totalTokens']));
}

function metadataUsage(metadata: unknown, provider: string): Fields | undefined {
  return objectOf(objectOf(objectOf(metadata)?.[provider])?.['usage']);
}
