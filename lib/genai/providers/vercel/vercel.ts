import { diag } from '../../../otel.js';
import { type ModelResponse, specialTier } from '../../answer.js';
import type { Message } from '../../messages/message.js';
import { sets } from '../../parameters.js';
import { added } from '../../reconcile.js';
import { ATTR_GEN_AI_OUTPUT_TYPE } from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import { stepMessages, vercelConversation } from './messages.js';
import { ending, finishReason, providerOf, requestedProvider, tokenUsage } from './step.js';
import { isStreamPart, PartsFold } from './stream.js';

/*
 * Vercel AI SDK: generateText, generateObject, embed, embedMany and generateImage, and the parts of streamText and streamObject.
 * Shapes: the types of the `ai` package 7, with the names that versions 4 to 6 had.
 */

type Fields = Readonly<Record<string, unknown>>;

export const vercel: Family = {
  read(answer, { content }) {
    const fields = answer as Fields;
    if (isUnread(fields)) return unread();
    const { steps } = fields;
    if (isSteps(steps)) return textAnswer(steps, fields, content);
    if (isObjectAnswer(fields)) return objectAnswer(fields, content);
    if (isEmbeddings(fields)) return embeddings(fields);
    if (isImages(fields)) return imageAnswer(fields);
    return undefined;
  },
  startFold(chunk, { content }) {
    return isStreamPart(chunk as Fields) ? new PartsFold(content) : undefined;
  },
  conversation: vercelConversation,
  // Embeddings. Others have a `value` too: the words are the SDK's where the model is no mere name.
  isRequest: ({ model, value, values }) =>
    (typeof model === 'object' || String(model).includes('/')) && (typeof value === 'string' || Array.isArray(values)),
  modelOf: ({ model }) => stringOf(objectOf(model)?.['modelId']),
  requestedProvider: (request) => (stringOf(request['modelId']) === undefined ? requestedProvider(request) : undefined),
  parameters: { output: sets(ATTR_GEN_AI_OUTPUT_TYPE) },
  toolRequest(call) {
    const id = stringOf(call['toolCallId']);
    return id === undefined ? undefined : requestedTool(call['toolName'], id, call['input'] ?? call['args']);
  },
};

// --- generateText ----------------------------------------------------------------------------------------------------

/** The calls to the model that one answer was made of; there are several where it called tools. */
function isSteps(steps: unknown): steps is readonly Fields[] {
  if (!Array.isArray(steps) || steps.length === 0) return false;
  return steps.every((step) => {
    const fields = objectOf(step);
    return fields !== undefined && stringOf(fields['finishReason']) !== undefined && objectOf(fields['usage']);
  });
}

function textAnswer(steps: readonly Fields[], { totalUsage }: Fields, content: boolean): ModelResponse {
  const last = steps.at(-1) as Fields;
  const usage = steps.map((step) => tokenUsage(step['usage'], step['providerMetadata'])).reduce(added, undefined);
  const isTold = Object.values(usage ?? {}).some((count) => count !== undefined);
  return {
    ...ending(last),
    tier: specialTier(...steps.map((step) => ending(step).tier)),
    usage: isTold ? usage : tokenUsage(totalUsage, undefined),
    output: content ? steps.flatMap((step) => stepMessages(contentOf(step), finishReason(step))) : undefined,
  };
}

function contentOf({ content, text }: Fields): readonly unknown[] {
  return Array.isArray(content) ? content : [text];
}

// --- generateObject, embed, embedMany, generateImage -----------------------------------------------------------------

function isObjectAnswer(fields: Fields): boolean {
  if (!('object' in fields) || typeof fields['finishReason'] !== 'string') return false;
  return objectOf(fields['usage']) !== undefined && stringOf(objectOf(fields['response'])?.['modelId']) !== undefined;
}

function objectAnswer(fields: Fields, content: boolean): ModelResponse {
  const messages = (): Message[] => {
    const parts = [
      { type: 'reasoning', text: fields['reasoning'] },
      { type: 'text', text: JSON.stringify(fields['object']) },
    ];
    return stepMessages(parts, finishReason(fields));
  };
  return {
    ...ending(fields),
    usage: tokenUsage(fields['usage'], fields['providerMetadata']),
    output: content ? messages() : undefined,
  };
}

function isEmbeddings(fields: Fields): boolean {
  if (objectOf(fields['usage']) === undefined) return false;
  return (
    (Array.isArray(fields['embedding']) && 'value' in fields) ||
    (Array.isArray(fields['embeddings']) && Array.isArray(fields['values']))
  );
}

function embeddings(fields: Fields): ModelResponse {
  const { embedding, embeddings, response, responses } = fields;
  const first: unknown = embedding ?? (embeddings as unknown[])[0];
  const httpResponse = objectOf(response ?? (Array.isArray(responses) ? responses[0] : undefined));
  return {
    provider: providerOf(objectOf(fields['providerMetadata']) ?? {}),
    // The SDK has no field for it, but hands out what came over the wire.
    model: stringOf(objectOf(httpResponse?.['body'])?.['model']),
    usage: { inputTokens: countOf(objectOf(fields['usage'])?.['tokens']) },
    dimensions: Array.isArray(first) ? first.length : undefined,
  };
}

function isImages({ images, responses, usage }: Fields): boolean {
  return (
    Array.isArray(images) &&
    Array.isArray(responses) &&
    stringOf(objectOf(responses[0])?.['modelId']) !== undefined &&
    objectOf(usage) !== undefined
  );
}

function imageAnswer(fields: Fields): ModelResponse {
  return {
    provider: providerOf(objectOf(fields['providerMetadata']) ?? {}),
    model: stringOf(objectOf((fields['responses'] as unknown[])[0])?.['modelId']),
    usage: tokenUsage(fields['usage']),
  };
}

// --- what must not be read -------------------------------------------------------------------------------------------

/** The result of a stream: it starts when somebody asks for its usage, or for any other of its promises. */
function isUnread(fields: Fields): boolean {
  return typeof fields['pipeTextStreamToResponse'] === 'function';
}

let reported = false;

/** The stream of such a result is watched where it stands; this one has it elsewhere. Nobody else may look at it either. */
function unread(): ModelResponse {
  if (!reported)
    diag.debug('annotel: a streamed result of this version of the AI SDK cannot be watched: its usage is unknown');
  reported = true;
  return {};
}
