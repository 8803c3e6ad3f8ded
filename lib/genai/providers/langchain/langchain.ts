import type { ModelResponse, ResponseFold, TokenUsage, Wanted } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import type { Message } from '../../messages/message.js';
import { added, reconciled } from '../../reconcile.js';
import { FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import {
  answerMessage,
  contentParts,
  type LangChainMessage,
  langChainConversation,
  langChainMessage,
} from './messages.js';
import { finishReason, idOf, langChainProvider, metadataOf, modelOf, openAIAttributes, tierOf } from './metadata.js';

/*
 * LangChain: `AIMessage`, streamed `AIMessageChunk`s, `{ raw, parsed }` of structured output, and `LLMResult`, which callbacks
 * get. LangChain counts input tokens with the cached ones. Shapes: `@langchain/core` 1.2.
 */

type Fields = Record<string, unknown>;

export const langChain: Family = {
  read(answer, wanted) {
    const message = aiMessage(answer) ?? aiMessage((answer as Fields)['raw']);
    if (message) return responseOf([{ message }], usageOf(message), wanted);
    return readResult(answer as Fields, wanted);
  },
  startFold(chunk, wanted) {
    return aiMessage(chunk) ? new MessageFold(wanted) : undefined;
  },
  conversation: langChainConversation,
  toolRequest: (call) =>
    call['type'] === 'tool_call' ? requestedTool(call['name'], call['id'], call['args']) : undefined,
};

function aiMessage(value: unknown): LangChainMessage | undefined {
  const message = langChainMessage(value);
  return message?.type === 'ai' ? message : undefined;
}

/** One choice, with what LangChain has of it beside the message. */
interface Generation {
  readonly message: LangChainMessage | undefined;
  readonly text?: unknown;
  readonly info?: Fields | undefined;
}

/** One list of choices per prompt; or, from a model's own `_generate`, one list. */
function readResult(fields: Fields, wanted: Wanted): ModelResponse | undefined {
  const { generations } = fields;
  if (!Array.isArray(generations) || generations.length === 0) return undefined;
  const prompts = (Array.isArray(generations[0]) ? generations : [generations]) as unknown[][];
  const first = objectOf(prompts[0]?.[0]);
  // Other clients have `generations`, too.
  if (!first || !(Array.isArray(generations[0]) || langChainMessage(first['message']))) return undefined;
  const all = prompts.map((choices) => (Array.isArray(choices) ? choices : []).map(generationOf));
  // Each choice of a prompt has the usage of all of them.
  const usages = all.map((choices) => usageOf(choices[0]?.message));
  const output = objectOf(fields['llmOutput']) ?? {};
  return responseOf(all.flat(), usages.reduce(added, undefined) ?? legacyUsage(output['tokenUsage']), wanted, output);
}

function generationOf(value: unknown): Generation {
  const fields = objectOf(value) ?? {};
  return { message: aiMessage(fields['message']), text: fields['text'], info: objectOf(fields['generationInfo']) };
}

function responseOf(
  generations: readonly Generation[],
  usage: TokenUsage | undefined,
  { detail, content }: Wanted,
  output: Fields = {},
): ModelResponse {
  const [first] = generations;
  const metadata: Fields = { ...output, ...first?.info, ...metadataOf(first?.message) };
  const provider = langChainProvider(metadata['model_provider']);
  const response = { provider, model: modelOf(metadata), usage, tier: tierOf(metadata) };
  if (!detail) return response;
  const reasons = generations.map(({ message, info }) =>
    finishReason(message, info, isFilled(message?.fields['tool_calls'])),
  );
  return {
    ...response,
    id: idOf(first?.message?.fields['id'], metadata),
    finishReasons: reasons.filter((reason) => reason !== undefined),
    attributes: openAIAttributes(metadata),
    ...(content
      ? { output: generations.map((generation, index) => outputMessage(generation, reasons[index])) }
      : undefined),
  };
}

function outputMessage({ message, text }: Generation, finishReason: string | undefined): Message {
  if (message) return answerMessage(message, finishReason);
  const reason = finishReason === undefined ? undefined : { finish_reason: finishReason };
  return { role: 'assistant', parts: contentParts(text), ...reason };
}

/** Packages for some providers count cached or reasoning tokens beside, which shows in their total. */
function usageOf(message: LangChainMessage | undefined): TokenUsage | undefined {
  const usage = objectOf(message?.fields['usage_metadata']);
  if (!usage) return undefined;
  const input = objectOf(usage['input_token_details']);
  const output = objectOf(usage['output_token_details']);
  const counted = {
    inputTokens: countOf(usage['input_tokens']),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadTokens: countOf(input?.['cache_read']),
    cacheWriteTokens: countOf(input?.['cache_creation']),
    cacheWriteHourTokens: countOf(input?.['ephemeral_1h_input_tokens']),
    reasoningTokens: countOf(output?.['reasoning']),
  };
  // `@langchain/google-genai` has reasoning tokens in the total only.
  const isGoogle = stringOf(metadataOf(message)?.['model_provider'])?.startsWith('google') === true;
  return reconciled(counted, countOf(usage['total_tokens']), isGoogle);
}

/** Of models that complete text. What LangChain estimated stands elsewhere, and is not read. */
function legacyUsage(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  const inputTokens = countOf(usage?.['promptTokens']);
  const outputTokens = countOf(usage?.['completionTokens']);
  return inputTokens === undefined && outputTokens === undefined ? undefined : { inputTokens, outputTokens };
}

const isFilled = (list: unknown): boolean => Array.isArray(list) && list.length > 0;

class MessageFold implements ResponseFold {
  private id: unknown;
  private usage: TokenUsage | undefined;
  private reason: string | undefined;
  private called = false;
  private readonly metadata: Fields = {};
  private readonly assembly: Assembly | undefined;

  constructor({ content }: Wanted) {
    if (content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const message = aiMessage(chunk);
    if (!message) return;
    const { fields } = message;
    this.id ??= stringOf(fields['id']);
    // They add up, as in LangChain's own `concat`: some providers count the input first and the output last.
    this.usage = added(this.usage, usageOf(message));
    this.called ||= isFilled(fields['tool_call_chunks']) || isFilled(fields['tool_calls']);
    this.reason = finishReason(message, undefined, this.called) ?? this.reason;
    const metadata = metadataOf(message);
    for (const key in metadata) if (TOLD.has(key)) this.metadata[key] ??= metadata[key];
    if (this.assembly) assemble(this.assembly, fields);
  }

  response(): ModelResponse {
    const { metadata, reason, assembly } = this;
    const provider = langChainProvider(metadata['model_provider']);
    // A provider that says who it is also says why it finished.
    const finishReasons = reason !== undefined ? [reason] : provider ? [FINISH_REASON_ERROR] : [];
    return {
      provider,
      id: idOf(this.id, metadata),
      model: modelOf(metadata),
      finishReasons,
      usage: this.usage,
      tier: tierOf(metadata),
      attributes: openAIAttributes(metadata),
      ...(assembly ? { output: assembly.messages(finishReasons) } : undefined),
    };
  }
}

/** What is kept of the metadata of chunks. */
const TOLD = new Set([
  'model_provider',
  'model_name',
  'model',
  'model_id',
  'id',
  'object',
  'service_tier',
  'system_fingerprint',
]);

function assemble(assembly: Assembly, fields: Fields): void {
  assembly.add(0, 'reasoning', 'reasoning', objectOf(fields['additional_kwargs'])?.['reasoning_content']);
  for (const part of contentParts(fields['content'])) {
    if (part.type === 'text' || part.type === 'reasoning') assembly.add(0, part.type, part.type, part['content']);
    else assembly.addPart(0, part);
  }
  const calls = fields['tool_call_chunks'];
  if (!Array.isArray(calls)) return;
  for (const [position, call] of calls.entries()) {
    const { name, id, args, index } = objectOf(call) ?? {};
    assembly.addToolCall(0, countOf(index) ?? position, { name, id, piece: args });
  }
}
