import { functionTools } from '../../messages/function-tools.js';
import { blob, type Conversation, type Message, type Part, parsed, reasoning, text } from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';

/*
 * Ollama: requests to chat and generate, and the messages of their answers. Shapes: the API reference of Ollama, as typed by
 * the `ollama` package 0.6.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What only Ollama's requests have. */
const OWN_OPTIONS = ['options', 'keep_alive', 'think', 'format', 'template', 'raw'];
const OWN_MESSAGE_FIELDS = ['images', 'thinking', 'tool_name'];

/** Claims what only Ollama understands; a request without any of that reads the same as one to OpenAI. */
export function ollamaConversation(request: Fields): Conversation | undefined {
  const own = OWN_OPTIONS.some((option) => request[option] !== undefined);
  const { messages, prompt } = request;
  if (Array.isArray(messages)) {
    const known = objectsOf(messages);
    if (!own && !known.some(isOwnMessage)) return undefined;
    return { input: known.map(messageOf), tools: functionTools(request['tools']) };
  }
  if (typeof prompt !== 'string') return undefined;
  if (!own && request['system'] === undefined && request['images'] === undefined) return undefined;
  return {
    system: request['system'] === undefined ? undefined : text(request['system']),
    input: [{ role: 'user', parts: [...text(prompt), ...imagesOf(request)] }],
  };
}

/** Arguments of tools are objects here, where OpenAI has them as JSON. */
function isOwnMessage(message: Fields): boolean {
  if (OWN_MESSAGE_FIELDS.some((field) => message[field] !== undefined)) return true;
  return callsOf(message).some((call) => objectOf(call['arguments']) !== undefined);
}

function messageOf(message: Fields): Message {
  const role = stringOf(message['role']) ?? 'user';
  const name = stringOf(message['tool_name']);
  const parts: Part[] =
    role === 'tool' ? [{ type: 'tool_call_response', response: message['content'] }] : messageParts(message);
  return { role, parts, ...(name === undefined ? undefined : { name }) };
}

/** What a message of a chat says: its thoughts, text, images and calls of tools. */
export function messageParts(message: Fields): Part[] {
  return [
    ...reasoning(message['thinking']),
    ...text(message['content']),
    ...imagesOf(message),
    ...callsOf(message).map(
      (call): Part => ({
        type: 'tool_call',
        name: stringOf(call['name']) ?? '',
        ...(call['arguments'] === undefined ? undefined : { arguments: parsed(call['arguments']) }),
      }),
    ),
  ];
}

/** What a completion of `generate` says, some models by an image. */
export function completionParts(completion: Fields): Part[] {
  const { image } = completion;
  return [
    ...reasoning(completion['thinking']),
    ...text(completion['response']),
    ...(typeof image === 'string' && image !== '' ? [blob(image, undefined, 'image')] : []),
  ];
}

function imagesOf({ images }: Fields): Part[] {
  return Array.isArray(images) ? images.map((image) => blob(image, undefined, 'image')) : [];
}

function callsOf({ tool_calls: calls }: Fields): Fields[] {
  if (!Array.isArray(calls)) return [];
  return calls.map((call) => objectOf(objectOf(call)?.['function'])).filter((call) => call !== undefined);
}
