import type { ModelResponse } from '../../answer.js';
import { toolCallId } from '../../messages/function-tools.js';
import { modalOutput, outputTypeOf, overrides, setDefault, sets } from '../../parameters.js';
import * as semconv from '../../semconv.js';
import { objectOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import { CompletionFold, completion, isCompletion } from './chat.js';
import { markOf, providerOf, reportedCost, tokenUsage } from './dialects.js';
import { openAIConversation } from './messages.js';
import { isResponse, ResponsesFold, responsesAnswer } from './responses.js';

/*
 * OpenAI: chat completions, (legacy) completions, responses and embeddings, and servers that speak the same wire format.
 * Shapes: the API reference of OpenAI, as typed by the `openai` package 7.x.
 */

type Fields = Readonly<Record<string, unknown>>;

export const openAI: Family = {
  read(answer, wanted) {
    const fields = answer as Fields;
    if (isCompletion(fields)) return completion(fields, wanted);
    if (isResponse(fields)) return responsesAnswer(fields, wanted);
    return isEmbeddings(fields) ? embeddings(fields) : undefined;
  },
  startFold(chunk, wanted) {
    const fields = chunk as Fields;
    if (stringOf(fields['type'])?.startsWith('response.')) return new ResponsesFold(wanted);
    if (isCompletion(fields)) return new CompletionFold(wanted);
    return undefined;
  },
  conversation: openAIConversation,
  // A prompt that is kept at OpenAI
  isRequest: ({ prompt }) => stringOf(objectOf(prompt)?.['id']) !== undefined,
  parameters: {
    max_completion_tokens: overrides(semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    max_output_tokens: sets(semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    reasoning_effort: overrides(semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL),
    previous_response_id: overrides(semconv.ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID),
    conversation: overrides(semconv.ATTR_GEN_AI_CONVERSATION_ID),
    service_tier: overrides(semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER),
    // Audio beside the text
    modalities: (bag, value) => setDefault(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, modalOutput(value)),
    // Of the responses API
    text: (bag, value) => setDefault(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, outputTypeOf(objectOf(value)?.['format'])),
  },
  /** Of the responses API by their type; of the chat API, and of who resembles it, by the function in it. */
  toolRequest(call) {
    switch (call['type']) {
      case 'function_call':
        return requestedTool(call['name'], call['call_id'] ?? call['callId'], call['arguments']);
      case 'custom_tool_call':
        return requestedTool(call['name'], call['call_id'] ?? call['callId'], call['input']);
      case 'custom': {
        const custom = objectOf(call['custom']);
        return requestedTool(custom?.['name'], call['id'], custom?.['input']);
      }
    }
    const called = objectOf(call['function']);
    const args = called?.['arguments'];
    // Without arguments it is the definition of a tool.
    if (typeof args !== 'string' && !objectOf(args)) return undefined;
    return requestedTool(called?.['name'], toolCallId(call), args);
  },
};

/** Mistral's client has the same fields, but spells the usage in camel case. */
function isEmbeddings({ data, usage }: Fields): boolean {
  if (!Array.isArray(data)) return false;
  return objectOf(data[0])?.['embedding'] !== undefined && objectOf(usage)?.['promptTokens'] === undefined;
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
