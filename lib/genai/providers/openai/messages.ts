import { toolDefinition } from '../../messages/function-tools.js';
import type { Conversation, Message, ToolDefinition } from '../../messages/message.js';
import { objectOf, stringOf } from '../../shape.js';
import { chatMessages } from './chat-messages.js';
import { contentParts } from './content-parts.js';
import { inputMessages } from './responses-messages.js';

/*
 * Requests to OpenAI: chat completions, responses and (legacy) completions, and to servers that speak the same wire format.
 * Many APIs took over the form of plain messages, so that this reader is the one to ask last.
 */

type Fields = Readonly<Record<string, unknown>>;

export function openAIConversation(request: Fields): Conversation | undefined {
  const { messages, input, prompt } = request;
  if (isForeign(request)) return undefined;
  const tools = toolsOf(request);
  if (Array.isArray(messages))
    return messages.some(isForeignMessage) ? undefined : conversation(chatMessages(messages), tools);
  if (input !== undefined || stringOf(request['instructions']) !== undefined) {
    if (isEmbedding(request)) return undefined;
    const system = contentParts(request['instructions']);
    return { ...(system.length > 0 && { system }), ...conversation(inputMessages(input), tools) };
  }
  return prompt === undefined ? undefined : conversation(promptMessages(prompt), tools);
}

function conversation(input: Message[], tools: ToolDefinition[] | undefined): Conversation {
  return { ...(input.length > 0 && { input }), ...(tools && { tools }) };
}

/** A prompt is a text or several; one of token ids has no text. */
function promptMessages(prompt: unknown): Message[] {
  const prompts: unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  return prompts
    .filter((text) => typeof text === 'string')
    .map((text) => ({ role: 'user', parts: contentParts(text) }));
}

/** Requests for embeddings have an `input` too. */
function isEmbedding({ input, model, dimensions, encoding_format }: Fields): boolean {
  if (dimensions !== undefined || encoding_format !== undefined) return true;
  if (Array.isArray(input)) return typeof input[0] !== 'object';
  return /embed/i.test(String(model));
}

/** Anthropic and the Vercel AI SDK have instructions beside the messages, Bedrock its model in another field. */
function isForeign({ system, modelId, tools }: Fields): boolean {
  return (
    system !== undefined ||
    modelId !== undefined ||
    (Array.isArray(tools) && tools.some((tool) => objectOf(tool)?.['input_schema'] !== undefined))
  );
}

/** Part types of Anthropic, Cohere, Mistral's thinking models and the Vercel AI SDK. */
const FOREIGN_PARTS = new Set(['tool_use', 'tool_result', 'tool-call', 'tool-result', 'image', 'document', 'thinking']);

function isForeignMessage(value: unknown): boolean {
  const message = objectOf(value);
  if (!message) return false;
  if (message['toolCalls'] !== undefined || message['toolCallId'] !== undefined) return true;
  const { content } = message;
  // Bedrock and Gemini have parts without a type.
  return (
    Array.isArray(content) &&
    content.some((part) => {
      const fields = objectOf(part);
      return fields !== undefined && (typeof fields['type'] !== 'string' || FOREIGN_PARTS.has(fields['type']));
    })
  );
}

/** `tools`, nested (chat) or flat (responses), or the `functions` that came before them. */
function toolsOf({ tools, functions }: Fields): ToolDefinition[] | undefined {
  const declared = Array.isArray(tools) ? tools : functions;
  if (!Array.isArray(declared)) return undefined;
  return declared.flatMap((value) => {
    const tool = objectOf(value);
    if (!tool) return [];
    const type = stringOf(tool['type']) ?? 'function';
    const inner = objectOf(tool['function']) ?? objectOf(tool['custom']) ?? tool;
    // An MCP server is known by its label; its address and credentials are nobody's business here.
    const named = stringOf(inner['name']) === undefined ? { ...inner, name: tool['server_label'] } : inner;
    return [toolDefinition(type, named, inner['parameters'])];
  });
}
