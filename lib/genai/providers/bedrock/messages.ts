import { blob, type Conversation, type Message, type Part, type ToolDefinition, text } from '../../messages/message.js';
import { objectOf, objectsOf, stringOf } from '../../shape.js';
import { anthropicConversation } from '../anthropic/messages.js';
import { openAIConversation } from '../openai/messages.js';

/*
 * What requests and answers of Amazon Bedrock say: Converse, and the bodies of InvokeModel, which are those of the model's own
 * maker. Shapes: the API reference of Bedrock, as typed by `@aws-sdk/client-bedrock-runtime` 3.1163, and the inference
 * parameters of each model in the user guide.
 */

type Fields = Readonly<Record<string, unknown>>;

export function bedrockConversation(request: Fields): Conversation | undefined {
  if (stringOf(request['modelId']) === undefined) return undefined;
  return request['body'] === undefined ? converse(request) : invoked(bodyOf(request['body']));
}

function converse(request: Fields): Conversation {
  const { messages, system, toolConfig } = request;
  const tools = objectsOf(objectOf(toolConfig)?.['tools']).flatMap(toolOf);
  const instructions = objectsOf(system).flatMap(part);
  return {
    ...(Array.isArray(messages) && { input: objectsOf(messages).map((message) => converseMessage(message)) }),
    ...(instructions.length > 0 && { system: instructions }),
    ...(tools.length > 0 && { tools }),
  };
}

function invoked(body: Fields | undefined): Conversation | undefined {
  if (!body) return undefined;
  const prompt = stringOf(body['prompt']) ?? stringOf(body['inputText']) ?? stringOf(body['message']);
  if (prompt !== undefined) return { input: [{ role: 'user', parts: text(prompt) }] };
  const texts = body['texts'];
  if (Array.isArray(texts)) return { input: [{ role: 'user', parts: texts.flatMap(text) }] };
  const nova = objectsOf(body['messages']).some(({ content }) => objectsOf(content).some(isUntyped));
  return nova ? converse(body) : (anthropicConversation(body) ?? openAIConversation(body));
}

/** Blocks of Converse are recognised by their only field, those of others have a `type`. */
function isUntyped(block: Fields): boolean {
  return !('type' in block);
}

/** The JSON of a body, be it text or bytes. */
export function bodyOf(body: unknown): Fields | undefined {
  const json = ArrayBuffer.isView(body) ? new TextDecoder().decode(body) : body;
  if (typeof json !== 'string') return undefined;
  try {
    return objectOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** A longer body is not worth the time that it takes to parse. In bytes, or characters. */
const LONGEST_BODY = 1024 * 1024;

/** As {@link bodyOf}; of a long one nothing. An object stays what it is. */
export function smallBodyOf(body: unknown): object | undefined {
  if (!(body instanceof Uint8Array) && typeof body !== 'string') return objectOf(body);
  return body.length > LONGEST_BODY ? undefined : bodyOf(body);
}

/** A message of Converse, of a request or an answer. */
export function converseMessage({ role, content }: Fields, finishReason?: string): Message {
  return {
    role: stringOf(role) ?? 'assistant',
    parts: objectsOf(content).flatMap(part),
    ...(finishReason !== undefined && { finish_reason: finishReason }),
  };
}

function part(block: Fields): Part[] {
  if (typeof block['text'] === 'string') return text(block['text']);
  for (const kind in block) {
    const value = objectOf(block[kind]);
    if (value) return PARTS[kind]?.(value) ?? [{ type: kind }];
  }
  return [];
}

/** By the field that a content block has. Of a block with another field only the name of the field is recorded. */
const PARTS: Record<string, (block: Fields) => Part[]> = {
  cachePoint: () => [],
  toolUse: ({ name, toolUseId, input }) => [
    { type: 'tool_call', name: stringOf(name) ?? '', ...identified(toolUseId), arguments: input },
  ],
  toolResult: ({ toolUseId, content }) => [
    { type: 'tool_call_response', response: toolResponse(objectsOf(content)), ...identified(toolUseId) },
  ],
  reasoningContent: ({ reasoningText }) => {
    const content = stringOf(objectOf(reasoningText)?.['text']);
    return content === undefined ? [] : [{ type: 'reasoning', content }];
  },
  citationsContent: ({ content }) => objectsOf(content).flatMap(part),
  guardContent: (block) => {
    const guarded = objectOf(block['text']);
    return guarded ? text(guarded['text']) : part(block);
  },
  image: (block) => file(block, 'image'),
  video: (block) => file(block, 'video'),
  audio: (block) => file(block, 'audio'),
  document: (block) => file(block, 'document'),
};

function identified(id: unknown): { id: string } | undefined {
  return stringOf(id) === undefined ? undefined : { id: id as string };
}

/** What a tool answered: one text or one value where it is only that. */
function toolResponse(blocks: readonly Fields[]): unknown {
  const values = blocks.map((block) => block['text'] ?? block['json'] ?? part(block)[0]);
  return values.length === 1 ? values[0] : values;
}

/** Bytes, a text, or a place in S3. */
function file({ format, source }: Fields, modality: string): Part[] {
  const from = objectOf(source) ?? {};
  const uri = stringOf(objectOf(from['s3Location'])?.['uri']);
  if (uri !== undefined) return [{ type: 'uri', modality, uri }];
  if (typeof from['text'] === 'string') return text(from['text']);
  const type = stringOf(format) && `${modality === 'document' ? 'application' : modality}/${format}`;
  return [blob(from['bytes'], type || undefined, modality)];
}

function toolOf(tool: Fields): ToolDefinition[] {
  const spec = objectOf(tool['toolSpec']);
  const name = stringOf(spec?.['name']);
  if (!spec || name === undefined) return [];
  const description = stringOf(spec['description']);
  const parameters = objectOf(spec['inputSchema'])?.['json'];
  return [
    {
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      ...(parameters !== undefined && { parameters }),
    },
  ];
}
