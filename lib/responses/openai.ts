import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
  ERROR_TYPE_OTHER,
  FINISH_REASON_ERROR,
} from '../signals/semconv.js';
import type { ModelResponse, ResponseFold, ResponseReader, TokenUsage } from './response.js';
import { countOf, objectOf, stringOf } from './shape.js';

/*
 * OpenAI: chat completions, (legacy) completions, responses and embeddings, and servers that speak the same wire format.
 * Shapes: the API reference of OpenAI, as typed by the `openai` package 7.x.
 */

type Fields = Record<string, unknown>;

const PROVIDER = 'openai';

export const openAIReader: ResponseReader = {
  read(answer, { detail }) {
    const fields = answer as Fields;
    if (isResponsesAnswer(fields)) return responsesAnswer(fields);
    if (isEmbeddings(fields)) return embeddings(fields);
    if (isChoices(fields)) return completion(fields, detail);
    return undefined;
  },
  startFold(chunk) {
    const fields = chunk as Fields;
    if (typeof fields['type'] === 'string' && fields['type'].startsWith('response.')) return new ResponsesFold();
    if (isChoices(fields)) return new CompletionFold();
    return undefined;
  },
};

// --- chat completions ------------------------------------------------------------------------------------------------

function isChoices(fields: Fields): boolean {
  return (
    Array.isArray(fields['choices']) &&
    (stringOf(fields['object']) !== undefined || stringOf(fields['model']) !== undefined)
  );
}

function completion(fields: Fields, detail: boolean): ModelResponse {
  const usage = completionUsage(fields['usage']);
  if (!detail) return { provider: PROVIDER, model: stringOf(fields['model']), usage };
  const finishReasons: string[] = [];
  for (const choice of fields['choices'] as unknown[]) {
    const reason = stringOf(objectOf(choice)?.['finish_reason']);
    if (reason !== undefined) finishReasons.push(reason);
  }
  return {
    provider: PROVIDER,
    id: stringOf(fields['id']),
    model: stringOf(fields['model']),
    finishReasons,
    usage,
    attributes: completionAttributes(fields),
  };
}

function identity(fields: Fields): Pick<ModelResponse, 'provider' | 'id' | 'model'> {
  return { provider: PROVIDER, id: stringOf(fields['id']), model: stringOf(fields['model']) };
}

/** `prompt_tokens` includes the cached ones. */
function completionUsage(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const input = objectOf(usage['prompt_tokens_details']);
  const output = objectOf(usage['completion_tokens_details']);
  return {
    inputTokens: countOf(usage['prompt_tokens']),
    outputTokens: countOf(usage['completion_tokens']),
    cacheReadTokens: countOf(input?.['cached_tokens']),
    cacheWriteTokens: countOf(input?.['cache_write_tokens']),
    reasoningTokens: countOf(output?.['reasoning_tokens']),
  };
}

function completionAttributes(fields: Fields): Attributes {
  const attributes: Attributes = {};
  if (stringOf(fields['object'])?.startsWith('chat.completion')) attributes[ATTR_OPENAI_API_TYPE] = 'chat_completions';
  addServiceTier(attributes, fields);
  const fingerprint = stringOf(fields['system_fingerprint']);
  if (fingerprint !== undefined) attributes[ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint;
  return attributes;
}

function addServiceTier(attributes: Attributes, fields: Fields): void {
  const tier = stringOf(fields['service_tier']);
  if (tier !== undefined) attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = tier;
}

/** Folds `chat.completion.chunk`s. The usage comes on the last one, whose `choices` are empty. */
class CompletionFold implements ResponseFold {
  private first: Fields | undefined;
  private usage: unknown;
  private readonly merged: Fields = {};
  /** By the index of the choice. */
  private readonly finishReasons = new Map<number, string | undefined>();

  add(chunk: object): void {
    const fields = chunk as Fields;
    this.first ??= fields;
    if (fields['usage']) this.usage = fields['usage'];
    if (fields['service_tier']) this.merged['service_tier'] = fields['service_tier'];
    if (fields['system_fingerprint']) this.merged['system_fingerprint'] = fields['system_fingerprint'];
    const choices = fields['choices'];
    if (!Array.isArray(choices)) return;
    for (const choice of choices) {
      const told = objectOf(choice);
      if (!told) continue;
      const index = countOf(told['index']) ?? 0;
      this.finishReasons.set(index, stringOf(told['finish_reason']) ?? this.finishReasons.get(index));
    }
  }

  response(): ModelResponse {
    const first = this.first ?? {};
    return {
      ...identity(first),
      finishReasons: [...this.finishReasons]
        .sort(([left], [right]) => left - right)
        .map(([, reason]) => reason ?? FINISH_REASON_ERROR),
      usage: completionUsage(this.usage),
      attributes: completionAttributes({ object: first['object'], ...this.merged }),
    };
  }
}

// --- responses -------------------------------------------------------------------------------------------------------

function isResponsesAnswer(fields: Fields): boolean {
  return fields['object'] === 'response' && Array.isArray(fields['output']);
}

function responsesAnswer(fields: Fields): ModelResponse {
  const attributes: Attributes = { [ATTR_OPENAI_API_TYPE]: 'responses' };
  addServiceTier(attributes, fields);
  const finishReason = responsesFinishReason(fields);
  return {
    ...identity(fields),
    finishReasons: finishReason === undefined ? undefined : [finishReason],
    error:
      fields['status'] === 'failed' ? (stringOf(objectOf(fields['error'])?.['code']) ?? ERROR_TYPE_OTHER) : undefined,
    usage: responsesUsage(fields['usage']),
    attributes,
  };
}

/** The responses API tells a status instead of finish reasons; these are their counterparts in the chat API. */
function responsesFinishReason(fields: Fields): string | undefined {
  switch (fields['status']) {
    case 'completed': {
      const output = fields['output'] as unknown[];
      return output.some((item) => objectOf(item)?.['type'] === 'function_call') ? 'tool_calls' : 'stop';
    }
    case 'incomplete': {
      const reason = stringOf(objectOf(fields['incomplete_details'])?.['reason']);
      return reason === 'max_output_tokens' ? 'length' : reason;
    }
    case 'failed':
    case 'cancelled':
      return FINISH_REASON_ERROR;
    default:
      // `queued` and `in_progress`: a background response has not finished.
      return undefined;
  }
}

/** `input_tokens` includes the cached ones. */
function responsesUsage(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const input = objectOf(usage['input_tokens_details']);
  return {
    inputTokens: countOf(usage['input_tokens']),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadTokens: countOf(input?.['cached_tokens']),
    cacheWriteTokens: countOf(input?.['cache_write_tokens']),
    reasoningTokens: countOf(objectOf(usage['output_tokens_details'])?.['reasoning_tokens']),
  };
}

const TERMINAL_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** Folds the events of a streamed response: the first ones name it, the terminal one carries it whole. */
class ResponsesFold implements ResponseFold {
  private named: ModelResponse | undefined;
  private final: ModelResponse | undefined;

  add(chunk: object): void {
    const { type, response } = chunk as Fields;
    const fields = objectOf(response);
    if (!fields) return;
    if (TERMINAL_EVENTS.has(type as string) && isResponsesAnswer(fields)) this.final = responsesAnswer(fields);
    else this.named ??= { ...identity(fields), attributes: { [ATTR_OPENAI_API_TYPE]: 'responses' } };
  }

  response(): ModelResponse {
    return this.final ?? { ...this.named, finishReasons: [FINISH_REASON_ERROR] };
  }
}

// --- embeddings ------------------------------------------------------------------------------------------------------

function isEmbeddings(fields: Fields): boolean {
  const data = fields['data'];
  return Array.isArray(data) && objectOf(data[0])?.['embedding'] !== undefined;
}

function embeddings(fields: Fields): ModelResponse {
  const first = objectOf((fields['data'] as unknown[])[0])?.['embedding'];
  return {
    provider: PROVIDER,
    model: stringOf(fields['model']),
    usage: { inputTokens: countOf(objectOf(fields['usage'])?.['prompt_tokens']) },
    dimensions: Array.isArray(first) ? first.length : undefined,
  };
}
