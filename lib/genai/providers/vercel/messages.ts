import { safely } from '../../../safely.js';
import {
  blob,
  type Conversation,
  type Message,
  modalityOf,
  type Part,
  type ToolDefinition,
  text,
} from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';

/*
 * Vercel AI SDK: the options of its functions, and the content of its answers. Shapes: the types of the `ai` package 7, with
 * the names that versions 4 to 6 had.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Claims what names its model by an object of the SDK, or has options or parts that nobody else calls so. */
export function vercelConversation(request: Fields): Conversation | undefined {
  const { model, messages, prompt, tools } = request;
  const list = Array.isArray(prompt) ? prompt : messages;
  const known = objectsOf(list);
  const record = Array.isArray(tools) ? undefined : objectOf(tools);
  const own =
    stringOf(objectOf(model)?.['modelId']) !== undefined ||
    record !== undefined ||
    OWN_OPTIONS.some((option) => request[option] !== undefined) ||
    known.some(isOwnMessage);
  // A Command of the AWS SDK, and LangChain, have none of these.
  if (!own || (typeof prompt !== 'string' && !Array.isArray(list))) return undefined;
  const system = systemOf(request['instructions'] ?? request['system']);
  return {
    ...(system.length > 0 ? { system } : undefined),
    input: typeof prompt === 'string' ? [{ role: 'user', parts: text(prompt) }] : known.map(messageOf),
    ...(record
      ? { tools: Object.entries(record).map(([name, tool]) => toolOf(name, objectOf(tool) ?? {})) }
      : undefined),
  };
}

const OWN_OPTIONS = ['maxOutputTokens', 'providerOptions', 'stopWhen', 'abortSignal', 'experimental_telemetry'];
const OWN_PARTS = new Set<unknown>(['tool-call', 'tool-result', 'tool-approval-request', 'tool-approval-response']);

function isOwnMessage({ content }: Fields): boolean {
  return Array.isArray(content) && content.some((part) => OWN_PARTS.has(objectOf(part)?.['type']));
}

/** Instructions may be a text, a system message, or several of them. */
function systemOf(instructions: unknown): Part[] {
  const list = Array.isArray(instructions) ? instructions : [instructions];
  return list.flatMap((item) => text(objectOf(item)?.['content'] ?? item));
}

function messageOf(message: Fields): Message {
  const { content } = message;
  return {
    role: stringOf(message['role']) ?? 'user',
    parts: Array.isArray(content) ? contentParts(content) : text(content),
  };
}

/** The parts of a message, or of the content of an answer. */
export function contentParts(content: readonly unknown[]): Part[] {
  return content.flatMap((item) => {
    const part = objectOf(item);
    return part ? partsOf(part) : text(item);
  });
}

function partsOf(part: Fields): Part[] {
  const { type } = part;
  switch (type) {
    case 'text':
      return text(part['text']);
    case 'reasoning': {
      const content = part['text'];
      return typeof content === 'string' && content !== '' ? [{ type, content }] : [];
    }
    case 'image':
      return [fileOf(part['image'], part, 'image')];
    case 'file':
    case 'reasoning-file':
      return [fileOf(part['file'] ?? part['data'], part)];
    case 'tool-call':
      return [toolCall(part)];
    case 'tool-result':
      return [toolResponse(part, part['output'] ?? part['result'])];
    case 'tool-error':
      return [toolResponse(part, { error: objectOf(part['error'])?.['message'] ?? part['error'] })];
    default:
      // Sources, approvals and what else there is: only that it is there.
      return typeof type === 'string' ? [{ type }] : [];
  }
}

/** A call of a tool; `args` in version 4. */
export function toolCall(part: Fields): Part {
  const id = stringOf(part['toolCallId']);
  const args = part['input'] ?? part['args'];
  return {
    type: 'tool_call',
    name: stringOf(part['toolName']) ?? '',
    ...(id === undefined ? undefined : { id }),
    ...(args === undefined ? undefined : { arguments: args }),
  };
}

function toolResponse(part: Fields, output: unknown): Part {
  const id = stringOf(part['toolCallId']);
  return { type: 'tool_call_response', response: outputOf(output), ...(id === undefined ? undefined : { id }) };
}

/** In messages the output of a tool is wrapped by its type; in answers it is what the tool returned. */
function outputOf(output: unknown): unknown {
  const wrapped = objectOf(output);
  switch (wrapped?.['type']) {
    case 'text':
    case 'json':
    case 'error-text':
    case 'error-json':
      return 'value' in wrapped ? wrapped['value'] : output;
    case 'content':
      return Array.isArray(wrapped['value']) ? contentParts(wrapped['value']) : output;
    default:
      return output;
  }
}

/** Data, a URL, a reference to what the provider keeps; bare, or wrapped by its type; in answers a file of the SDK's own. */
function fileOf(content: unknown, part: Fields, modality?: string): Part {
  const file = objectOf(content);
  const mimeType = stringOf(part['mediaType'] ?? part['mimeType'] ?? file?.['mediaType']);
  const kind = modality ?? modalityOf(mimeType);
  const typed = mimeType === undefined ? undefined : { mime_type: mimeType };
  const data = dataOf(content, file);
  const uri = data instanceof URL ? data.href : typeof data === 'string' && /^https?:/.test(data) ? data : undefined;
  if (uri?.startsWith('data:')) return blob(uri, mimeType, kind);
  if (uri !== undefined) return { type: 'uri', modality: kind, uri, ...typed };
  if (typeof data === 'string' || ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
    return blob(data, mimeType, modality);
  }
  const [reference] = Object.values(objectOf(objectOf(data)?.['reference']) ?? objectOf(data) ?? {});
  return { type: 'file', modality: kind, file_id: stringOf(reference) ?? '', ...typed };
}

function dataOf(content: unknown, file: Fields | undefined): unknown {
  if (!file || content instanceof URL || ArrayBuffer.isView(content) || content instanceof ArrayBuffer) return content;
  // What a file of the SDK holds; its getters would convert the one to the other.
  const own = file['uint8ArrayData'] ?? file['base64Data'] ?? file['base64'] ?? file['uint8Array'];
  return own ?? file['data'] ?? file['url'] ?? file['text'] ?? content;
}

function toolOf(name: string, tool: Fields): ToolDefinition {
  const description = stringOf(tool['description']);
  const parameters = safely('reading the schema of a tool', () => schemaOf(tool['inputSchema'] ?? tool['parameters']));
  return {
    type: stringOf(tool['type']) ?? 'function',
    name,
    ...(description === undefined ? undefined : { description }),
    ...(parameters === undefined ? undefined : { parameters }),
  };
}

/** JSON Schema as the SDK's `jsonSchema()` holds it, or as a schema library exposes it by the Standard JSON Schema interface. */
function schemaOf(schema: unknown): unknown {
  const fields = objectOf(schema);
  const json = objectOf(fields?.['jsonSchema']);
  if (json) return typeof json['then'] === 'function' ? undefined : json;
  const convert = objectOf(objectOf(fields?.['~standard'])?.['jsonSchema'])?.['input'];
  return typeof convert === 'function' ? convert({ target: 'draft-07' }) : undefined;
}

/** The messages of one step of an answer: the model's, and what the tools that it called returned. */
export function stepMessages(content: readonly unknown[], finishReason: string | undefined): Message[] {
  const parts = contentParts(content);
  const returned = parts.filter(({ type }) => type === 'tool_call_response');
  const message: Message = {
    role: 'assistant',
    parts: returned.length > 0 ? parts.filter((part) => !returned.includes(part)) : parts,
    ...(finishReason === undefined ? undefined : { finish_reason: finishReason }),
  };
  return returned.length > 0 ? [message, { role: 'tool', parts: returned }] : [message];
}
