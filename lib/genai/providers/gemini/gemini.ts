import { type ModelResponse, type ResponseFold, specialTier, type TokenUsage } from '../../answer.js';
import type { Message } from '../../messages/message.js';
import { group, levelOf, modalOutput, setDefault, sets } from '../../parameters.js';
import * as semconv from '../../semconv.js';
import { countOf, objectOf, objectsOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import { candidateMessage, geminiConversation } from './messages.js';

/*
 * Google GenAI: generateContent, whose stream brings chunks of the same shape, and embedContent. Shapes: the references of
 * the Gemini API and of Vertex AI, as typed by `@google/genai` 3.x.
 */

type Fields = Record<string, unknown>;

export const gemini: Family = {
  read(answer, { detail, content }) {
    const fields = answer as Fields;
    if (isEmbeddings(fields)) return embeddings(fields);
    if (!isContent(fields)) return undefined;
    const { usageMetadata } = fields;
    const response = {
      provider: providerOf(fields),
      model: modelOf(fields),
      usage: usageOf(usageMetadata),
      tier: tierOfContent(usageMetadata),
    };
    if (!detail) return response;
    const candidates = candidatesOf(fields);
    const reasons = candidates.map(({ finishReason }) => stringOf(finishReason));
    return {
      ...response,
      id: stringOf(fields['responseId']),
      finishReasons: candidates.length > 0 ? reasons.filter((reason) => reason !== undefined) : blocked(fields),
      output: content ? output(candidates.map(partsOf), reasons) : undefined,
    };
  },
  startFold(chunk, { content }) {
    return isContent(chunk as Fields) ? new ContentFold(content) : undefined;
  },
  conversation: geminiConversation,
  /** One content, or one part of it, need not be in a list. */
  isRequest({ contents }) {
    if (typeof contents === 'string' || Array.isArray(contents)) return true;
    const content = objectOf(contents);
    return Array.isArray(content?.['parts']) || typeof content?.['text'] === 'string';
  },
  parameters: {
    config: group,
    generationConfig: group,
    generation_config: group,
    candidateCount: sets(semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT),
    outputDimensionality: sets(semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT),
    // A budget of tokens is no level.
    thinkingConfig: (bag, value) =>
      setDefault(bag, semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL, levelOf(objectOf(value)?.['thinkingLevel'])),
    responseMimeType: (bag, value) => setDefault(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, mimeOutput(stringOf(value))),
    responseModalities: (bag, value) => setDefault(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, modalOutput(value)),
  },
  /** It is handed out as the only field of a part. */
  toolRequest(part) {
    const call = objectOf(part['functionCall']) ?? part;
    return objectOf(call['args']) ? requestedTool(call['name'], call['id'], call['args']) : undefined;
  },
};

function mimeOutput(type: string | undefined): string | undefined {
  if (type === 'application/json') return 'json';
  const [, kind] = /^(text|image|audio)\//.exec(type ?? '') ?? [];
  return kind === 'audio' ? 'speech' : kind;
}

/** `candidates` alone may be anybody's word. */
function isContent(fields: Fields): boolean {
  const { candidates, promptFeedback, usageMetadata } = fields;
  const known = stringOf(fields['modelVersion']) ?? stringOf(fields['responseId']);
  if (Array.isArray(candidates)) {
    const first = objectOf(candidates[0]);
    const role = objectOf(first?.['content'])?.['role'];
    return known !== undefined || objectOf(usageMetadata) !== undefined || role === 'model';
  }
  return (
    objectOf(promptFeedback)?.['blockReason'] !== undefined ||
    (known !== undefined && objectOf(usageMetadata) !== undefined)
  );
}

/**
 * The Gemini API and Vertex AI answer alike, but only Vertex AI says when the request was made or which traffic it counted
 * as. An answer without either may be of both, for which the conventions have a name too.
 */
function providerOf(fields: Fields): string {
  const vertex = fields['createTime'] ?? objectOf(fields['usageMetadata'])?.['trafficType'];
  return vertex === undefined ? 'gcp.gen_ai' : 'gcp.vertex_ai';
}

function modelOf(fields: Fields): string | undefined {
  return stringOf(fields['modelVersion']);
}

function candidatesOf(fields: Fields): Fields[] {
  return objectsOf(fields['candidates']);
}

function partsOf(candidate: Fields): readonly unknown[] {
  const parts = objectOf(candidate['content'])?.['parts'];
  return Array.isArray(parts) ? parts : [];
}

/** A prompt that was blocked has no candidates: the reason for it is recorded as the finish reason. */
function blocked(fields: Fields): string[] | undefined {
  const reason = stringOf(objectOf(fields['promptFeedback'])?.['blockReason']);
  return reason === undefined ? undefined : [reason];
}

function output(
  parts: readonly (readonly unknown[])[],
  reasons: readonly (string | undefined)[],
): Message[] | undefined {
  return parts.length > 0 ? parts.map((of, index) => candidateMessage(of, reasons[index])) : undefined;
}

/** `promptTokenCount` includes the cached ones; what tools gave to the model, and its thoughts, are counted beside. */
function usageOf(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const prompt = countOf(usage['promptTokenCount']);
  const candidates = countOf(usage['candidatesTokenCount']);
  const thoughts = countOf(usage['thoughtsTokenCount']);
  return {
    inputTokens: prompt === undefined ? undefined : prompt + (countOf(usage['toolUsePromptTokenCount']) ?? 0),
    outputTokens: (candidates ?? thoughts) === undefined ? undefined : (candidates ?? 0) + (thoughts ?? 0),
    cacheReadTokens: countOf(usage['cachedContentTokenCount']),
    reasoningTokens: thoughts,
  };
}

/** The tier of service: of the Gemini API, and of Vertex AI. */
export function tierOfContent(value: unknown): string | undefined {
  const usage = objectOf(value);
  return specialTier(usage?.['serviceTier'], usage?.['trafficType']);
}

/** Folds the chunks of a streamed answer. Each has the usage so far; the last one's is that of the answer. */
class ContentFold implements ResponseFold {
  private readonly merged: Fields = {};
  /** By the index of the candidate. */
  private readonly finishReasons = new Map<number, string | undefined>();
  private readonly parts: Map<number, unknown[]> | undefined;

  constructor(content: boolean) {
    if (content) this.parts = new Map();
  }

  add(chunk: object): void {
    const fields = chunk as Fields;
    const { merged } = this;
    merged['modelVersion'] ??= fields['modelVersion'];
    merged['responseId'] ??= fields['responseId'];
    merged['createTime'] ??= fields['createTime'];
    if (fields['usageMetadata']) merged['usageMetadata'] = fields['usageMetadata'];
    if (fields['promptFeedback']) merged['promptFeedback'] = fields['promptFeedback'];
    for (const candidate of candidatesOf(fields)) {
      const index = countOf(candidate['index']) ?? 0;
      this.finishReasons.set(index, stringOf(candidate['finishReason']) ?? this.finishReasons.get(index));
      if (!this.parts) continue;
      const parts = this.parts.get(index) ?? [];
      this.parts.set(index, parts);
      parts.push(...partsOf(candidate));
    }
  }

  response(): ModelResponse {
    const { merged, parts } = this;
    const indexes = [...this.finishReasons.keys()].sort((left, right) => left - right);
    const reasons = indexes.map((index) => this.finishReasons.get(index) ?? semconv.FINISH_REASON_ERROR);
    return {
      provider: providerOf(merged),
      id: stringOf(merged['responseId']),
      model: modelOf(merged),
      finishReasons: reasons.length > 0 ? reasons : (blocked(merged) ?? [semconv.FINISH_REASON_ERROR]),
      usage: usageOf(merged['usageMetadata']),
      tier: tierOfContent(merged['usageMetadata']),
      output:
        parts &&
        output(
          indexes.map((index) => parts.get(index) ?? []),
          reasons,
        ),
    };
  }
}

// --- embeddings ------------------------------------------------------------------------------------------------------

function isEmbeddings(fields: Fields): boolean {
  const { embeddings: vectors } = fields;
  return Array.isArray(vectors) && Array.isArray(objectOf(vectors[0])?.['values']);
}

function embeddings(fields: Fields): ModelResponse {
  const vectors = (fields['embeddings'] as unknown[]).map(objectOf);
  const statistics = vectors.map((vector) => countOf(objectOf(vector?.['statistics'])?.['tokenCount']));
  const counted = statistics.every((count) => count !== undefined);
  const inputTokens =
    usageOf(fields['usageMetadata'])?.inputTokens ??
    (counted ? statistics.reduce((sum: number, count) => sum + (count ?? 0), 0) : undefined);
  return {
    // Only Vertex AI has statistics.
    provider: statistics[0] === undefined ? 'gcp.gen_ai' : 'gcp.vertex_ai',
    usage: inputTokens === undefined ? undefined : { inputTokens },
    dimensions: (vectors[0]?.['values'] as unknown[] | undefined)?.length,
  };
}
