import { functionTools, toolCallId } from '../../messages/function-tools.js';
import { blob, type Conversation, type Message, type Part, parsed, text } from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';

/*
 * What Mistral's client is asked and answers: OpenAI's messages in camel case, and content chunks of its own. Shapes: the
 * types of `@mistralai/mistralai` 2.7.
 */

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a request of Mistral's client, where something in it is its own; any other reads as OpenAI's. Instructions stand
 * among the messages.
 */
export function mistralConversation(request: Fields): Conversation | undefined {
  const { messages, model } = request;
  if (!Array.isArray(messages)) return undefined;
  const known = objectsOf(messages);
  const own = OWN_OPTIONS.some((option) => request[option] !== undefined) || known.some(isOwn);
  if (!own || isCohere(model, known)) return undefined;
  return { input: known.map((message) => mistralMessage(message)), tools: functionTools(request['tools']) };
}

const OWN_OPTIONS = ['randomSeed', 'safePrompt', 'promptMode', 'promptCacheKey', 'parallelToolCalls'];
const OWN_CHUNK_FIELDS = ['imageUrl', 'documentUrl', 'referenceIds', 'fileId', 'inputAudio'];

function isOwn({ toolCalls, toolCallId: callId, content }: Fields): boolean {
  if (Array.isArray(toolCalls) || callId !== undefined) return true;
  if (!Array.isArray(content)) return false;
  return content.some((each) => {
    const chunk = objectOf(each) ?? {};
    return OWN_CHUNK_FIELDS.some((field) => field in chunk) || Array.isArray(chunk['thinking']);
  });
}

/** Cohere's client spells tool calls alike. */
function isCohere(model: unknown, messages: readonly Fields[]): boolean {
  return /^(command|c4ai|aya)/.test(String(model)) || messages.some((message) => message['toolPlan'] !== undefined);
}

/** A message of a request or an answer. */
export function mistralMessage(message: Fields, finishReason?: string): Message {
  const { role, name, content } = message;
  const calls = message['toolCalls'];
  const callId = stringOf(message['toolCallId']);
  const parts: Part[] =
    role === 'tool'
      ? [{ type: 'tool_call_response', response: toolResponse(content), ...(callId && { id: callId }) }]
      : [...mistralParts(content), ...(Array.isArray(calls) ? calls.flatMap(toolCall) : [])];
  return {
    role: stringOf(role) ?? 'assistant',
    parts,
    ...(stringOf(name) && { name: name as string }),
    ...(finishReason !== undefined && { finish_reason: finishReason }),
  };
}

/** The parts of a message's content: text, or chunks. */
export function mistralParts(content: unknown): Part[] {
  return Array.isArray(content) ? content.flatMap(part) : text(content);
}

function part(value: unknown): Part[] {
  const chunk = objectOf(value);
  const type = stringOf(chunk?.['type']);
  if (!chunk || type === undefined) return [];
  switch (type) {
    case 'text':
      return text(chunk['text']);
    case 'thinking': {
      const content = thoughts(chunk['thinking']);
      return content === '' ? [] : [{ type: 'reasoning', content }];
    }
    case 'image_url': {
      const image = chunk['imageUrl'];
      return linked(objectOf(image)?.['url'] ?? image, 'image');
    }
    case 'document_url':
      return linked(chunk['documentUrl'], 'document');
    case 'input_audio':
      return linked(chunk['inputAudio'], 'audio');
    case 'file': {
      const id = stringOf(chunk['fileId']);
      return id === undefined ? [] : [{ type: 'file', modality: 'document', file_id: id }];
    }
    case 'reference':
      return [{ type, reference_ids: chunk['referenceIds'] }];
    default:
      // Of a kind that is not known here, so that it might hold anything.
      return [{ type }];
  }
}

function thoughts(chunks: unknown): string {
  if (typeof chunks === 'string') return chunks;
  return Array.isArray(chunks) ? chunks.map((chunk) => stringOf(objectOf(chunk)?.['text']) ?? '').join('') : '';
}

/** A link; of inline data only its type and size are recorded. Audio may be base64 without a `data:` prefix. */
function linked(value: unknown, modality: string): Part[] {
  const url = stringOf(value);
  if (url === undefined) return [];
  return /^https?:/.test(url) ? [{ type: 'uri', modality, uri: url }] : [blob(url, undefined, modality)];
}

/** What a tool answered: text, or the text of its chunks. */
function toolResponse(content: unknown): unknown {
  return Array.isArray(content) ? content.flatMap(part) : content;
}

function toolCall(value: unknown): Part[] {
  const call = objectOf(value);
  const called = objectOf(call?.['function']);
  if (!call || !called) return [];
  const id = toolCallId(call);
  return [
    {
      type: 'tool_call',
      name: stringOf(called['name']) ?? '',
      ...(id !== undefined && { id }),
      arguments: parsed(called['arguments']),
    },
  ];
}
