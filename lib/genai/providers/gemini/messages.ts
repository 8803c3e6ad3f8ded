import { toolDefinition } from '../../messages/function-tools.js';
import {
  blob,
  type Conversation,
  type Message,
  modalityOf,
  type Part,
  type ToolDefinition,
} from '../../messages/message.js';
import { objectOf, stringOf } from '../../shape.js';

/*
 * Google GenAI: `contents`, `systemInstruction` and `tools` of generateContent, and the candidates of its answers. Shapes: the
 * reference of the Gemini API, as typed by `@google/genai` 3.x.
 */

type Fields = Record<string, unknown>;

/** Reads `{ model, contents, config }` of the client, and the body of the REST API, which has no `config`. */
export function geminiConversation(request: Readonly<Fields>): Conversation | undefined {
  if (request['contents'] === undefined) return undefined;
  const config = objectOf(request['config']) ?? request;
  const system = config['systemInstruction'];
  return {
    system: system === undefined ? undefined : messagesOf(system).flatMap(({ parts }) => parts),
    input: messagesOf(request['contents']),
    tools: Array.isArray(config['tools']) ? config['tools'].flatMap(toolsOf) : undefined,
  };
}

/** The message of one candidate. Pieces of text that follow one another, as chunks of a stream bring them, become one. */
export function candidateMessage(parts: readonly unknown[], finishReason: string | undefined): Message {
  const message: Part[] = [];
  for (const part of parts.flatMap(partsOf)) {
    const last = message.at(-1);
    if (last && last.type === part.type && (part.type === 'text' || part.type === 'reasoning')) {
      message[message.length - 1] = {
        type: part.type,
        content: `${(last as Fields)['content']}${(part as Fields)['content']}`,
      };
    } else message.push(part);
  }
  return {
    role: 'assistant',
    parts: message,
    ...(finishReason === undefined ? undefined : { finish_reason: finishReason }),
  };
}

/** Contents are one text, one part, one content, or a list of either; loose parts are one message of the user. */
function messagesOf(contents: unknown): Message[] {
  const messages: Message[] = [];
  let loose: Part[] | undefined;
  for (const content of Array.isArray(contents) ? contents : [contents]) {
    const fields = objectOf(content);
    if (fields && Array.isArray(fields['parts'])) {
      messages.push(messageOf(fields, fields['parts']));
      loose = undefined;
      continue;
    }
    if (!loose) {
      loose = [];
      messages.push({ role: 'user', parts: loose });
    }
    loose.push(...partsOf(content));
  }
  return messages;
}

/** The API has no role for tools: their responses come in the user's. */
function messageOf(content: Fields, wireParts: readonly unknown[]): Message {
  const parts = wireParts.flatMap(partsOf);
  if (parts.length > 0 && parts.every(({ type }) => type === 'tool_call_response')) return { role: 'tool', parts };
  const role = stringOf(content['role']) ?? 'user';
  return { role: role === 'model' ? 'assistant' : role, parts };
}

function partsOf(part: unknown): Part[] {
  if (typeof part === 'string') return part === '' ? [] : [{ type: 'text', content: part }];
  const fields = objectOf(part);
  if (!fields) return [];
  if (typeof fields['text'] === 'string') {
    const type = fields['thought'] === true ? 'reasoning' : 'text';
    return fields['text'] === '' ? [] : [{ type, content: fields['text'] }];
  }
  const call = objectOf(fields['functionCall']);
  if (call) return [{ type: 'tool_call', name: nameOf(call), ...idOf(call), arguments: call['args'] ?? {} }];
  const response = objectOf(fields['functionResponse']);
  if (response) {
    return [{ type: 'tool_call_response', name: nameOf(response), ...idOf(response), response: response['response'] }];
  }
  const inline = objectOf(fields['inlineData']);
  if (inline) return [blob(inline['data'], stringOf(inline['mimeType']))];
  const file = objectOf(fields['fileData']);
  if (file) {
    const mimeType = stringOf(file['mimeType']);
    return [
      {
        type: 'uri',
        modality: modalityOf(mimeType),
        uri: stringOf(file['fileUri']) ?? '',
        ...(mimeType === undefined ? undefined : { mime_type: mimeType }),
      },
    ];
  }
  return serverToolPart(fields);
}

/** What tools did that ran at Google's: code execution, search and their likes. */
function serverToolPart(fields: Fields): Part[] {
  const code = objectOf(fields['executableCode']);
  if (code) return [serverCall('code_execution', code, { language: code['language'], code: code['code'] })];
  const result = objectOf(fields['codeExecutionResult']);
  if (result) {
    return [serverResponse('code_execution', result, { outcome: result['outcome'], output: result['output'] })];
  }
  const call = objectOf(fields['toolCall']);
  if (call) return [serverCall(stringOf(call['toolType']) ?? 'tool', call, { arguments: call['args'] })];
  const response = objectOf(fields['toolResponse']);
  if (response) {
    return [serverResponse(stringOf(response['toolType']) ?? 'tool', response, { response: response['response'] })];
  }
  return [];
}

function serverCall(name: string, wire: Fields, details: Fields): Part {
  return { type: 'server_tool_call', name, ...idOf(wire), server_tool_call: { type: name, ...details } };
}

function serverResponse(name: string, wire: Fields, details: Fields): Part {
  return { type: 'server_tool_call_response', ...idOf(wire), server_tool_call_response: { type: name, ...details } };
}

function nameOf(fields: Fields): string {
  return stringOf(fields['name']) ?? '';
}

function idOf(fields: Fields): { id?: string } {
  const id = stringOf(fields['id']);
  return id === undefined ? {} : { id };
}

/** A tool declares functions, or is one of Google's own, which is named by its key: `{ googleSearch: {} }`. */
function toolsOf(tool: unknown): ToolDefinition[] {
  return Object.entries(objectOf(tool) ?? {}).flatMap(([key, value]) => {
    if (key === 'functionDeclarations' && Array.isArray(value)) {
      return value.flatMap((declared) => {
        const fields = objectOf(declared);
        return fields
          ? [toolDefinition('function', fields, fields['parameters'] ?? fields['parametersJsonSchema'])]
          : [];
      });
    }
    return objectOf(value) ? [{ type: key, name: key }] : [];
  });
}
