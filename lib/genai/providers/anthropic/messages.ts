import { blob, type Conversation, type Message, type Part, type ToolDefinition, text } from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';

/*
 * What requests and answers of Anthropic's messages API say. Shapes: the API reference of Anthropic, as typed by the
 * `@anthropic-ai/sdk` package 1.12.
 */

type Fields = Record<string, unknown>;

/** Reads requests to the messages API; only those that no other API would take for its own. */
export function anthropicConversation(request: Readonly<Fields>): Conversation | undefined {
  const { messages, system, tools } = request;
  if (!Array.isArray(messages) || !isAnthropic(request, messages)) return undefined;
  const conversation: { -readonly [K in keyof Conversation]: Conversation[K] } = {
    input: objectsOf(messages).map((message) => anthropicMessage(message)),
  };
  const instructions = partsOf(system);
  if (instructions.length > 0) conversation.system = instructions;
  if (Array.isArray(tools)) conversation.tools = objectsOf(tools).map(toolOf);
  return conversation;
}

/** A message of a request, or an answer. */
export function anthropicMessage({ role, content }: Fields, finishReason?: string): Message {
  return {
    role: typeof role === 'string' ? role : 'assistant',
    parts: partsOf(content),
    ...(finishReason === undefined ? undefined : { finish_reason: finishReason }),
  };
}

/** Fields and values that the messages API has, and other APIs with `messages` have not. */
function isAnthropic(request: Readonly<Fields>, messages: readonly unknown[]): boolean {
  const { model, system, tools, thinking } = request;
  if (typeof request['anthropic_version'] === 'string') return true;
  // The Vercel AI SDK has `system` beside `messages` too, with an object or a model's path in `model`, and no `max_tokens`.
  if (typeof model !== 'string' || typeof request['max_tokens'] !== 'number') return false;
  if (typeof system === 'string' || objectsOf(system)[0]?.['type'] === 'text') return true;
  if (typeof objectOf(thinking)?.['type'] === 'string') return true;
  if (objectsOf(tools).some((tool) => tool['input_schema'] !== undefined || /_20\d{6}$/.test(String(tool['type'])))) {
    return true;
  }
  return messages.some((message) => objectsOf(objectOf(message)?.['content']).some(isAnthropicBlock));
}

const OWN_BLOCKS = /^((server_|mcp_)?tool_use|(redacted_)?thinking|(\w+_)?tool_result)$/;

function isAnthropicBlock({ type, source }: Fields): boolean {
  if (type === 'image' || type === 'document') return objectOf(source) !== undefined;
  return typeof type === 'string' && OWN_BLOCKS.test(type);
}

/** Text, or content blocks. */
function partsOf(content: unknown): Part[] {
  return typeof content === 'string' ? text(content) : objectsOf(content).flatMap(anthropicPart);
}

/** The part or parts that a content block is. */
export function anthropicPart(block: Fields): Part[] {
  const type = String(block['type']);
  const { id, name, input } = block;
  switch (type) {
    case 'text':
      return text(block['text']);
    case 'thinking':
      return [{ type: 'reasoning', content: String(block['thinking'] ?? '') }];
    case 'image':
    case 'document':
      return sourceOf(objectOf(block['source']) ?? {}, type);
    case 'container_upload':
      return [{ type: 'file', modality: 'document', file_id: String(block['file_id']) }];
    case 'search_result':
      return [{ type, source: block['source'], title: block['title'], content: readable(block['content']) }];
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return [
        { type: 'tool_call', ...(typeof id === 'string' ? { id } : undefined), name: String(name), arguments: input },
      ];
  }
  if (!type.endsWith('tool_result')) return [{ type }];
  const call = block['tool_use_id'];
  const response = readable(block['content']);
  return [{ type: 'tool_call_response', ...(typeof call === 'string' ? { id: call } : undefined), response }];
}

function sourceOf(source: Fields, modality: string): Part[] {
  const mimeType = stringOf(source['media_type']);
  const mime = mimeType === undefined ? undefined : { mime_type: mimeType };
  switch (source['type']) {
    case 'base64':
      return [blob(source['data'], mimeType, modality)];
    case 'url':
      return [{ type: 'uri', modality, ...mime, uri: String(source['url']) }];
    case 'file':
      return [{ type: 'file', modality, file_id: String(source['file_id']) }];
    case 'text':
      return text(source['data']);
    case 'content':
      return partsOf(source['content']);
    default:
      return [{ type: modality }];
  }
}

/** The result of a tool as it is, but for what nobody can read: images, documents, and what only the provider decrypts. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  const fields = objectOf(value);
  if (!fields) return value;
  if ((fields['type'] === 'image' || fields['type'] === 'document') && objectOf(fields['source'])) {
    const parts = anthropicPart(fields);
    return parts.length === 1 ? parts[0] : parts;
  }
  const kept: Fields = {};
  for (const key in fields) if (!/^encrypted_|^cache_control$/.test(key)) kept[key] = readable(fields[key]);
  return kept;
}

/** Tools of Anthropic's own have a type and no schema. */
function toolOf({ type, name, description, input_schema: schema }: Fields): ToolDefinition {
  return {
    type: typeof type === 'string' && type !== 'custom' ? type : 'function',
    name: String(name ?? ''),
    ...(typeof description === 'string' ? { description } : undefined),
    ...(schema === undefined ? undefined : { parameters: schema }),
  };
}
