import { functionTools } from '../../messages/function-tools.js';
import { blob, type Conversation, type Message, type Part, parsed, reasoning, text } from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';

/*
 * Cohere, version 2 of its API: the messages of chat. Shapes: its API reference, as typed by the `cohere-ai` package 8.x, which
 * has the fields in camel case; over the wire they are in snake case, and both are read.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What only Cohere's requests have. */
const OWN_OPTIONS = ['documents', 'safetyMode', 'safety_mode', 'citationOptions', 'citation_options', 'strictTools'];
const OWN_MESSAGE_FIELDS = ['toolPlan', 'tool_plan', 'toolCalls', 'toolCallId'];

/** Claims what Cohere has by names of its own; a request without any of that reads the same as one to OpenAI. */
export function cohereConversation(request: Fields): Conversation | undefined {
  if (!Array.isArray(request['messages'])) return undefined;
  const messages = objectsOf(request['messages']);
  const own =
    OWN_OPTIONS.some((option) => request[option] !== undefined) ||
    messages.some((message) => OWN_MESSAGE_FIELDS.some((field) => message[field] !== undefined));
  return own ? { input: messages.map(messageOf), tools: functionTools(request['tools']) } : undefined;
}

function messageOf(message: Fields): Message {
  const role = stringOf(message['role']) ?? 'user';
  if (role !== 'tool') return { role, parts: messageParts(message) };
  const id = stringOf(message['toolCallId'] ?? message['tool_call_id']);
  const { content } = message;
  const response = Array.isArray(content) ? content.map(resultOf) : content;
  return { role, parts: [{ type: 'tool_call_response', ...(id === undefined ? undefined : { id }), response }] };
}

/** What a message says: its plan for the use of tools, its content and its calls of tools. */
export function messageParts(message: Fields): Part[] {
  const { content } = message;
  const calls = message['toolCalls'] ?? message['tool_calls'];
  return [
    ...reasoning(message['toolPlan'] ?? message['tool_plan']),
    ...(Array.isArray(content) ? content.flatMap(partsOf) : text(content)),
    ...(Array.isArray(calls) ? calls.flatMap(callOf) : []),
  ];
}

function partsOf(item: unknown): Part[] {
  const fields = objectOf(item);
  switch (fields?.['type']) {
    case 'text':
      return text(fields['text']);
    case 'thinking':
      return reasoning(fields['thinking']);
    case 'image_url':
      return imageOf(fields['imageUrl'] ?? fields['image_url']);
    default: {
      const type = stringOf(fields?.['type']);
      return type === undefined ? [] : [{ type }];
    }
  }
}

function imageOf(image: unknown): Part[] {
  const url = stringOf(objectOf(image)?.['url'] ?? image);
  if (url === undefined) return [];
  return [url.startsWith('data:') ? blob(url, undefined) : { type: 'uri', modality: 'image', uri: url }];
}

function callOf(call: unknown): Part[] {
  const fields = objectOf(call);
  const declared = objectOf(fields?.['function']);
  if (!fields || !declared) return [];
  const id = stringOf(fields['id']);
  return [
    {
      type: 'tool_call',
      name: stringOf(declared['name']) ?? '',
      ...(id === undefined ? undefined : { id }),
      ...(declared['arguments'] === undefined ? undefined : { arguments: parsed(declared['arguments']) }),
    },
  ];
}

/** A tool's result is a list of texts and documents. */
function resultOf(item: unknown): unknown {
  const fields = objectOf(item);
  return fields?.['text'] ?? objectOf(fields?.['document'])?.['data'] ?? item;
}
