import type { ModelResponse, ResponseFold, TokenUsage, Wanted } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import { toolCallId } from '../../messages/function-tools.js';
import { sets } from '../../parameters.js';
import { ATTR_GEN_AI_REQUEST_SEED, FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, objectsOf, stringOf } from '../../shape.js';
import type { Family } from '../family.js';
import { mistralConversation, mistralMessage, mistralParts } from './messages.js';

/*
 * Mistral, by its client: OpenAI's shapes in camel case. Its raw wire format is read as OpenAI's is. Shapes: the types of
 * `@mistralai/mistralai` 2.7, and of Mistral's API where the client passes on what its types do not know.
 */

type Fields = Record<string, unknown>;

export const mistral: Family = {
  read(answer, wanted) {
    const fields = answer as Fields;
    if (isCompletion(fields)) return completion(fields, wanted);
    if (isEmbeddings(fields)) return embeddings(fields);
    return undefined;
  },
  startFold(chunk, wanted) {
    const data = objectOf((chunk as Fields)['data']);
    return data && isCompletion(data) ? new MistralFold(wanted) : undefined;
  },
  conversation: mistralConversation,
  // Embeddings
  isRequest: ({ inputs }) => typeof inputs === 'string' || Array.isArray(inputs),
  parameters: { random_seed: sets(ATTR_GEN_AI_REQUEST_SEED), randomSeed: sets(ATTR_GEN_AI_REQUEST_SEED) },
};

/** The names are those of OpenAI, but for the `finishReason` of the choices. */
function isCompletion({ choices, model }: Fields): boolean {
  const first = Array.isArray(choices) ? objectOf(choices[0]) : undefined;
  return first !== undefined && 'finishReason' in first && stringOf(model) !== undefined;
}

function completion(fields: Fields, { detail, content }: Wanted): ModelResponse {
  const named = identity(fields);
  const usage = usageOf(fields['usage']);
  if (!detail) return { provider: named.provider, model: named.model, usage };
  const choices = objectsOf(fields['choices']);
  return {
    ...named,
    usage,
    finishReasons: choices.flatMap((choice) => stringOf(choice['finishReason']) ?? []),
    output: content
      ? choices.map(({ message, finishReason }) => mistralMessage(objectOf(message) ?? {}, stringOf(finishReason)))
      : undefined,
  };
}

/** Clients of the same make, such as OpenRouter's, answer alike; their models have the name of a provider before a slash. */
function identity({ id, model }: Fields): Pick<ModelResponse, 'provider' | 'id' | 'model'> {
  const answering = stringOf(model);
  return {
    provider: answering?.includes('/') ? undefined : 'mistral_ai',
    id: stringOf(id),
    model: answering,
  };
}

/** `promptTokens` includes the cached ones. Details come as the API spells them: the client has no types for them. */
function usageOf(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const inputTokens = countOf(usage['promptTokens']);
  const outputTokens = countOf(usage['completionTokens']);
  // The client fills in zeros where the API has no counts; no answer is made of no tokens at all.
  if (!inputTokens && !outputTokens) return undefined;
  const input = objectOf(usage['promptTokensDetails'] ?? usage['prompt_tokens_details']);
  const output = objectOf(usage['completionTokensDetails'] ?? usage['completion_tokens_details']);
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: countOf(input?.['cachedTokens'] ?? input?.['cached_tokens'] ?? usage['num_cached_tokens']),
    reasoningTokens: countOf(output?.['reasoningTokens'] ?? output?.['reasoning_tokens']),
  };
}

/** Folds `{ data: CompletionChunk }`. The usage comes with the last one. */
class MistralFold implements ResponseFold {
  private first: Fields | undefined;
  private usage: unknown;
  /** By the index of the choice. */
  private readonly finishReasons: (string | undefined)[] = [];
  private readonly assembly: Assembly | undefined;
  /** The call that pieces without an id belong to. */
  private lastCall = '';

  constructor({ content }: Wanted) {
    if (content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const data = objectOf((chunk as Fields)['data']);
    if (!data) return;
    this.first ??= data;
    if (data['usage']) this.usage = data['usage'];
    const choices = data['choices'];
    if (!Array.isArray(choices)) return;
    for (const choice of choices) {
      const fields = objectOf(choice);
      if (!fields) continue;
      const index = countOf(fields['index']) ?? 0;
      this.finishReasons[index] = stringOf(fields['finishReason']) ?? this.finishReasons[index];
      if (this.assembly) this.assemble(this.assembly, index, objectOf(fields['delta']) ?? {});
    }
  }

  private assemble(assembly: Assembly, choice: number, delta: Fields): void {
    for (const part of mistralParts(delta['content'])) {
      if (part.type === 'text' || part.type === 'reasoning') {
        assembly.add(choice, 0, part.type, (part as { content?: unknown }).content);
      } else assembly.addPart(choice, part);
    }
    const calls = delta['toolCalls'];
    if (!Array.isArray(calls)) return;
    for (const each of calls) {
      const call = objectOf(each);
      const called = objectOf(call?.['function']);
      if (!call || !called) continue;
      const id = toolCallId(call);
      this.lastCall = id ?? this.lastCall;
      const { name, arguments: args } = called;
      const piece = typeof args === 'object' ? JSON.stringify(args) : args;
      assembly.addToolCall(choice, this.lastCall, { id, name, piece });
    }
  }

  response(): ModelResponse {
    const finishReasons = Array.from(this.finishReasons, (reason) => reason ?? FINISH_REASON_ERROR);
    return {
      ...identity(this.first ?? {}),
      finishReasons,
      usage: usageOf(this.usage),
      output: this.assembly?.messages(finishReasons),
    };
  }
}

function isEmbeddings({ data, usage }: Fields): boolean {
  return (
    Array.isArray(data) &&
    objectOf(data[0])?.['embedding'] !== undefined &&
    objectOf(usage)?.['promptTokens'] !== undefined
  );
}

function embeddings(fields: Fields): ModelResponse {
  const first = objectOf((fields['data'] as unknown[])[0])?.['embedding'];
  const { inputTokens } = usageOf(fields['usage']) ?? {};
  return {
    ...identity(fields),
    usage: inputTokens === undefined ? undefined : { inputTokens },
    dimensions: Array.isArray(first) ? first.length : undefined,
  };
}
