import type { ModelResponse, ResponseFold, TokenUsage } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import { sets } from '../../parameters.js';
import * as semconv from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import type { Family } from '../family.js';
import { cohereConversation, messageParts } from './messages.js';

/*
 * Cohere, version 2 of its API: chat and embed. Shapes: its API reference, as typed by the `cohere-ai` package 8.x, which has
 * the fields in camel case; over the wire they are in snake case, and both are read. Its answers do not name the model.
 */

type Fields = Record<string, unknown>;

const PROVIDER = 'cohere';
/** Finish reasons that say that the generation failed. */
const FAILURES = new Set(['ERROR', 'TIMEOUT']);

export const cohere: Family = {
  read(answer, { detail, content }) {
    const fields = answer as Fields;
    if (isEmbeddings(fields)) return embeddings(fields);
    const message = objectOf(fields['message']);
    const reason = finishReasonOf(fields);
    if (message?.['role'] !== 'assistant' || reason === undefined || !/^[A-Z_]+$/.test(reason)) return undefined;
    const response = { provider: PROVIDER, usage: usageOf(fields['usage']), error: errorOf(reason) };
    if (!detail) return response;
    return {
      ...response,
      id: stringOf(fields['id']),
      finishReasons: [reason],
      output: content ? [{ role: 'assistant', parts: messageParts(message), finish_reason: reason }] : undefined,
    };
  },
  startFold(chunk, { content }) {
    const { type, delta } = chunk as Fields;
    return type === 'message-start' && objectOf(objectOf(delta)?.['message']) ? new ChatFold(content) : undefined;
  },
  conversation: cohereConversation,
  // Embeddings, of texts or of images
  isRequest: ({ texts, images, inputType }) =>
    Array.isArray(texts) || (Array.isArray(images) && stringOf(inputType) !== undefined),
  parameters: {
    p: sets(semconv.ATTR_GEN_AI_REQUEST_TOP_P),
    k: sets(semconv.ATTR_GEN_AI_REQUEST_TOP_K),
    num_generations: sets(semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT),
    embedding_types: sets(semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS),
    embeddingTypes: sets(semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS),
    output_dimension: sets(semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT),
  },
};

function finishReasonOf(fields: Fields): string | undefined {
  return stringOf(fields['finishReason'] ?? fields['finish_reason']);
}

function errorOf(finishReason: string | undefined): string | undefined {
  return finishReason !== undefined && FAILURES.has(finishReason) ? finishReason : undefined;
}

/**
 * The billed counts, which leave out what Cohere puts around a prompt, stand before those of the model. The cached tokens are
 * counted by what the model read: more of them than were billed are no part of these.
 */
function usageOf(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const billed = objectOf(usage['billedUnits'] ?? usage['billed_units']);
  const tokens = objectOf(usage['tokens']);
  const inputTokens = inputOf(billed) ?? inputOf(tokens);
  const cached = countOf(usage['cachedTokens'] ?? usage['cached_tokens']);
  return {
    inputTokens,
    outputTokens: outputOf(billed) ?? outputOf(tokens),
    cacheReadTokens: cached === undefined || cached > (inputTokens ?? 0) ? undefined : cached,
  };
}

function inputOf(counts: Fields | undefined): number | undefined {
  return countOf(counts?.['inputTokens'] ?? counts?.['input_tokens']);
}

function outputOf(counts: Fields | undefined): number | undefined {
  return countOf(counts?.['outputTokens'] ?? counts?.['output_tokens']);
}

/** Folds the events of a streamed chat: the first names it, the last has the finish reason and the usage. */
class ChatFold implements ResponseFold {
  private id: string | undefined;
  private end: Fields | undefined;
  private readonly assembly: Assembly | undefined;

  constructor(content: boolean) {
    if (content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const fields = chunk as Fields;
    const { type } = fields;
    if (type === 'message-start') this.id ??= stringOf(fields['id']);
    else if (type === 'message-end') this.end = objectOf(fields['delta']) ?? {};
    else if (this.assembly) this.assemble(this.assembly, fields);
  }

  private assemble(assembly: Assembly, { index, delta }: Fields): void {
    const message = objectOf(objectOf(delta)?.['message']);
    if (!message) return;
    const at = countOf(index) ?? 0;
    const content = objectOf(message['content']);
    assembly.add(0, 'plan', 'reasoning', message['toolPlan'] ?? message['tool_plan']);
    assembly.add(0, at, 'reasoning', content?.['thinking']);
    assembly.add(0, at, 'text', content?.['text']);
    const call = objectOf(message['toolCalls'] ?? message['tool_calls']);
    const declared = objectOf(call?.['function']);
    if (declared)
      assembly.addToolCall(0, at, { id: call?.['id'], name: declared['name'], piece: declared['arguments'] });
  }

  response(): ModelResponse {
    const { end } = this;
    const reason = (end && finishReasonOf(end)) ?? semconv.FINISH_REASON_ERROR;
    return {
      provider: PROVIDER,
      id: this.id,
      finishReasons: [reason],
      usage: usageOf(end?.['usage']),
      error: errorOf(reason) ?? (end?.['error'] ? semconv.ERROR_TYPE_OTHER : undefined),
      output: this.assembly?.messages([reason]),
    };
  }
}

// --- embed -----------------------------------------------------------------------------------------------------------

/** Dimensions that one number stands for, by the type of the embedding. `base64` does not say. */
const DIMENSIONS: Readonly<Record<string, number>> = { float: 1, int8: 1, uint8: 1, binary: 8, ubinary: 8 };

function isEmbeddings(fields: Fields): boolean {
  const byType = objectOf(fields['embeddings']);
  if (!byType || Array.isArray(byType) || stringOf(fields['id']) === undefined) return false;
  return Object.keys(byType).some((type) => type in DIMENSIONS || type === 'base64');
}

function embeddings(fields: Fields): ModelResponse {
  const byType = fields['embeddings'] as Fields;
  const type = Object.keys(DIMENSIONS).find((name) => Array.isArray(byType[name]));
  const first = type === undefined ? undefined : (byType[type] as unknown[])[0];
  const inputTokens = usageOf(fields['meta'])?.inputTokens;
  return {
    provider: PROVIDER,
    id: stringOf(fields['id']),
    usage: inputTokens === undefined ? undefined : { inputTokens },
    dimensions: Array.isArray(first) ? first.length * (DIMENSIONS[type as string] as number) : undefined,
  };
}
