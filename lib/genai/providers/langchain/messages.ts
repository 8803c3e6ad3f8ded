import {
  blob,
  type Conversation,
  type Message,
  modalityOf,
  type Part,
  parsed,
  type ToolDefinition,
  text,
} from '../../messages/message.js';

/*
 * LangChain: messages as instances of `BaseMessage`, as `[role, text]` tuples and as plain `{ role, content }`; content blocks
 * of LangChain itself and those of the providers that it hands through. Shapes: `@langchain/core` 1.2.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A message of LangChain, whichever copy or version of its classes made it. */
export interface LangChainMessage {
  /** `human`, `ai`, `system`, `tool`, … */
  readonly type: string;
  readonly fields: Fields;
}

/** LangChain's word for who speaks → the conventions'. */
const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant', function: 'tool' };

/** A message as LangChain makes them; `undefined` for anything else. */
export function langChainMessage(value: unknown): LangChainMessage | undefined {
  const fields = fieldsOf(value);
  const space = fields?.['lc_namespace'];
  if (!fields || !Array.isArray(space) || space[0] !== 'langchain_core' || space[1] !== 'messages') return undefined;
  // `type` since 1.0, before that a method.
  const { type, _getType } = fields;
  const word: unknown = typeof type === 'string' ? type : typeof _getType === 'function' && _getType.call(value);
  return typeof word === 'string' ? { type: word, fields } : undefined;
}

/** Reads a LangChain input, which is a list of messages, or an object that holds one under `messages`. */
export function langChainConversation(request: Fields): Conversation | undefined {
  const messages = Array.isArray(request) ? request : request['messages'];
  if (!Array.isArray(messages) || !messages.some((item) => langChainMessage(item) || isTuple(item))) return undefined;
  const input = messages.map(toMessage).filter((message) => message !== undefined);
  const tools = Array.isArray(request['tools'])
    ? request['tools'].map(toTool).filter((tool) => tool !== undefined)
    : [];
  return { input, ...(tools.length > 0 ? { tools } : undefined) };
}

/** The answer of a model, as one message. */
export function answerMessage({ fields }: LangChainMessage, finishReason: string | undefined): Message {
  return {
    role: 'assistant',
    parts: assistantParts(fields),
    ...(finishReason === undefined ? undefined : { finish_reason: finishReason }),
  };
}

/** The parts of a message's content: a string, or a list of blocks. Tool calls stand beside it. */
export function contentParts(content: unknown): Part[] {
  if (!Array.isArray(content)) return text(content);
  return content.flatMap((block) => (typeof block === 'string' ? text(block) : blockParts(fieldsOf(block) ?? {})));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

const isTuple = (item: unknown): item is [string, unknown] =>
  Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';

function toMessage(item: unknown): Message | undefined {
  if (typeof item === 'string') return { role: 'user', parts: text(item) };
  if (isTuple(item)) return { role: ROLES[item[0]] ?? item[0], parts: contentParts(item[1]) };
  const { type, fields } = langChainMessage(item) ?? { type: undefined, fields: fieldsOf(item) };
  if (!fields) return undefined;
  const fieldRole = fields['role'];
  const word = type === undefined || type === 'generic' ? fieldRole : type;
  if (typeof word !== 'string') return undefined;
  const role = ROLES[word] ?? word;
  const name = fields['name'];
  return {
    role,
    parts:
      role === 'assistant'
        ? assistantParts(fields)
        : role === 'tool'
          ? toolParts(fields)
          : contentParts(fields['content']),
    ...(typeof name === 'string' && name !== '' ? { name } : undefined),
  };
}

function assistantParts(fields: Fields): Part[] {
  const calls = Array.isArray(fields['tool_calls']) ? fields['tool_calls'] : [];
  const reasoning = fieldsOf(fields['additional_kwargs'])?.['reasoning_content'];
  return [...reasoningPart(reasoning), ...contentParts(fields['content']), ...calls.flatMap(toolCallPart)];
}

function reasoningPart(content: unknown): Part[] {
  return typeof content === 'string' && content !== '' ? [{ type: 'reasoning', content }] : [];
}

/** As LangChain has it, or as the OpenAI API does in plain messages. */
function toolCallPart(call: unknown): Part[] {
  const fields = fieldsOf(call);
  const called = fieldsOf(fields?.['function']) ?? fields;
  if (!fields || typeof called?.['name'] !== 'string') return [];
  const args = called['args'] ?? called['arguments'];
  return [
    {
      type: 'tool_call',
      name: called['name'],
      ...(typeof fields['id'] === 'string' ? { id: fields['id'] } : undefined),
      ...(args === undefined ? undefined : { arguments: parsed(args) }),
    },
  ];
}

function toolParts(fields: Fields): Part[] {
  const { content, tool_call_id: id } = fields;
  const response = Array.isArray(content) ? contentParts(content) : content;
  return [{ type: 'tool_call_response', response, ...(typeof id === 'string' ? { id } : undefined) }];
}

/** Blocks that repeat what `tool_calls` has. */
const CALLS = new Set(['tool_use', 'tool_call', 'tool_call_chunk', 'input_json_delta', 'function_call']);
const MEDIA = new Set(['image', 'audio', 'video', 'file']);

function blockParts(block: Fields): Part[] {
  const { type } = block;
  if (typeof type !== 'string' || CALLS.has(type)) return [];
  if (type === 'text' || type === 'text-plain' || type === 'output_text' || type === 'input_text')
    return text(block['text']);
  if (type === 'reasoning' || type === 'thinking') return reasoningPart(reasoningOf(block));
  if (type === 'image_url') {
    return media('image', { url: fieldsOf(block['image_url'])?.['url'] ?? block['image_url'] });
  }
  if (type === 'input_audio') {
    const { data, format } = fieldsOf(block['input_audio']) ?? {};
    return [blob(data, typeof format === 'string' ? `audio/${format}` : undefined, 'audio')];
  }
  if (MEDIA.has(type)) return media(type === 'file' ? undefined : type, block);
  // What it holds is unknown, and may be binary.
  return [{ type }];
}

function reasoningOf({ reasoning, thinking, text: content, summary }: Fields): unknown {
  if (!Array.isArray(summary)) return reasoning ?? thinking ?? content;
  return summary.map((part) => fieldsOf(part)?.['text'] ?? '').join('\n');
}

/** A picture, a sound, a document: by address, by id, or the bytes themselves. */
function media(kind: string | undefined, block: Fields): Part[] {
  const type = block['mimeType'] ?? block['mime_type'];
  const mimeType = typeof type === 'string' ? type : undefined;
  const modality = kind ?? modalityOf(mimeType);
  const { url, data } = block;
  const id = block['fileId'] ?? block['file_id'];
  const typed = mimeType === undefined ? undefined : { mime_type: mimeType };
  if (typeof url === 'string' && !url.startsWith('data:')) return [{ type: 'uri', modality, uri: url, ...typed }];
  if (typeof id === 'string') return [{ type: 'file', modality, file_id: id, ...typed }];
  return [blob(url ?? data ?? fieldsOf(block['source'])?.['data'], mimeType, modality)];
}

/** A tool as it is bound to a model, in the provider's format: OpenAI's and its likes, or Anthropic's. */
function toTool(tool: unknown): ToolDefinition | undefined {
  const fields = fieldsOf(tool);
  const declared = fieldsOf(fields?.['function']) ?? fields;
  if (!fields || typeof declared?.['name'] !== 'string') return undefined;
  const { name, description } = declared;
  const parameters = declared['parameters'] ?? declared['input_schema'];
  return {
    type: typeof fields['type'] === 'string' ? fields['type'] : 'function',
    name,
    ...(typeof description === 'string' ? { description } : undefined),
    ...(parameters === undefined ? undefined : { parameters }),
  };
}
