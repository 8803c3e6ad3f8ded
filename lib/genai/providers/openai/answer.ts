import type { ModelResponse, ResponseReader } from '../../answer.js';
import { objectOf, stringOf } from '../../shape.js';
import { CompletionFold, completion, isCompletion } from './chat.js';
import { markOf, providerOf } from './provider.js';
import { isResponse, ResponsesFold, responsesAnswer } from './responses.js';
import { reportedCost, tokenUsage } from './usage.js';

/*
 * OpenAI: chat completions, (legacy) completions, responses and embeddings, and servers that speak the same wire format.
 * Shapes: the API reference of OpenAI, as typed by the `openai` package 7.x.
 */

type Fields = Record<string, unknown>;

export const openAIReader: ResponseReader = {
  read(answer, wanted) {
    const fields = answer as Fields;
    if (isResponse(fields)) return responsesAnswer(fields, wanted);
    if (isEmbeddings(fields)) return embeddings(fields);
    if (isCompletion(fields)) return completion(fields, wanted);
    return undefined;
  },
  startFold(chunk, wanted) {
    const fields = chunk as Fields;
    if (stringOf(fields['type'])?.startsWith('response.')) return new ResponsesFold(wanted);
    if (isCompletion(fields)) return new CompletionFold(wanted);
    return undefined;
  },
};

function isEmbeddings(fields: Fields): boolean {
  const data = fields['data'];
  return Array.isArray(data) && objectOf(data[0])?.['embedding'] !== undefined;
}

function embeddings(fields: Fields): ModelResponse {
  const { usage } = fields;
  const model = stringOf(fields['model']);
  const first = objectOf((fields['data'] as unknown[])[0])?.['embedding'];
  return {
    provider: providerOf(markOf(fields), model, usage),
    model,
    usage: { inputTokens: tokenUsage(usage)?.inputTokens },
    cost: reportedCost(usage),
    dimensions: dimensionsOf(first),
  };
}

/** A list of numbers or, in base64, their bytes, which are four to a number. */
function dimensionsOf(vector: unknown): number | undefined {
  if (Array.isArray(vector)) return vector.length;
  const dimensions = typeof vector === 'string' ? Buffer.byteLength(vector, 'base64') / 4 : 0;
  return Number.isInteger(dimensions) && dimensions > 0 ? dimensions : undefined;
}
