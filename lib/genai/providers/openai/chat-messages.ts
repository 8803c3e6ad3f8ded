import { Assembly } from '../../messages/assembly.js';
import { type Blob, blob, type Message, type Part, parsed, reasoning, text } from '../../messages/message.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { contentPart, contentParts } from './content-parts.js';

/* Messages of chat completions: in requests, in answers and in streams; and of the (legacy) completions. */

type Fields = Readonly<Record<string, unknown>>;

/** The messages of a request. Instructions (`system`, `developer`) stand among them and stay there. */
export function chatMessages(messages: readonly unknown[]): Message[] {
  return messages.flatMap((value) => {
    const message = objectOf(value);
    if (!message) return [];
    const role = stringOf(message['role']) ?? 'user';
    const name = stringOf(message['name']);
    return [{ role, parts: partsOf(message, role), ...(name === undefined ? undefined : { name }) }];
  });
}

function partsOf(message: Fields, role: string): Part[] {
  if (role === 'tool' || role === 'function') {
    return [toolResponse(stringOf(message['tool_call_id']), message['content'])];
  }
  return saidParts(message);
}

/** What a tool answered: a string, or parts. */
export function toolResponse(id: string | undefined, content: unknown): Part {
  const response = Array.isArray(content) ? contentParts(content) : (content ?? '');
  return { type: 'tool_call_response', response, ...(id === undefined ? undefined : { id }) };
}

/** The choices of an answer, one message for each. */
export function choiceMessages(choices: readonly unknown[]): Message[] {
  return choices.flatMap((value) => {
    const choice = objectOf(value);
    if (!choice) return [];
    const message = objectOf(choice['message']);
    const reason = stringOf(choice['finish_reason']);
    return [
      {
        role: stringOf(message?.['role']) ?? 'assistant',
        parts: message ? saidParts(message) : text(choice['text']),
        ...(reason === undefined ? undefined : { finish_reason: reason }),
      },
    ];
  });
}

/** All that a message says, of a model or of anybody else. */
function saidParts(message: Fields): Part[] {
  const spoken = objectOf(message['audio']);
  const images = message['images'];
  const calls = message['tool_calls'];
  return [
    ...reasoning(reasoningOf(message)),
    ...contentParts(message['content']),
    ...text(message['refusal']),
    ...(spoken ? audioParts(spoken) : []),
    // Of OpenRouter.
    ...(Array.isArray(images) ? images.flatMap(contentPart) : []),
    ...(Array.isArray(calls) ? calls.flatMap(toolCall) : []),
    ...toolCall(message['function_call'] && { function: message['function_call'] }),
  ];
}

/** DeepSeek, xAI and Fireworks say `reasoning_content`; Groq, OpenRouter and vLLM `reasoning`. Some say both, alike. */
function reasoningOf(message: Fields): unknown {
  return message['reasoning_content'] || message['reasoning'];
}

/** Audio of an answer, or in a request the id of that of an earlier one. */
function audioParts({ id, data, transcript }: Fields): Part[] {
  const fileId = stringOf(id);
  if (typeof data === 'string') return [...text(transcript), blob(data, undefined, 'audio')];
  if (fileId !== undefined) return [...text(transcript), { type: 'file', modality: 'audio', file_id: fileId }];
  return text(transcript);
}

function toolCall(value: unknown): Part[] {
  const call = objectOf(value);
  const called = objectOf(call?.['function']) ?? objectOf(call?.['custom']);
  if (!call || !called) return [];
  const id = stringOf(call['id']);
  const args = called['arguments'] ?? called['input'];
  return [
    {
      type: 'tool_call',
      name: stringOf(called['name']) ?? '',
      ...(id === undefined ? undefined : { id }),
      ...(args === undefined ? undefined : { arguments: parsed(args) }),
    },
  ];
}

/** Puts streamed choices together. Only made while content is captured. */
export class StreamedChoices {
  private readonly assembly = new Assembly();
  /** Bytes of audio by choice; the audio itself is not kept. */
  private readonly audio = new Map<number, number>();

  /** The choice of one chunk. */
  add(index: number, choice: Fields): void {
    const { assembly } = this;
    const delta = objectOf(choice['delta']);
    if (!delta) {
      assembly.add(index, 'content', 'text', choice['text']);
      return;
    }
    assembly.add(index, 'reasoning', 'reasoning', reasoningOf(delta));
    const { content } = delta;
    if (Array.isArray(content)) this.addParts(index, content);
    else assembly.add(index, 'content', 'text', content);
    assembly.add(index, 'refusal', 'text', delta['refusal']);
    const calls = delta['tool_calls'];
    if (Array.isArray(calls)) for (const [at, call] of calls.entries()) this.addCall(index, objectOf(call), at);
    if (delta['function_call']) this.addCall(index, { function: delta['function_call'] }, 'function');
    if (delta['audio']) this.addAudio(index, objectOf(delta['audio']));
    const { images } = delta;
    if (Array.isArray(images)) this.addParts(index, images);
  }

  /** @param finishReasons by the index of the choice */
  messages(finishReasons: ReadonlyMap<number, string>): Message[] {
    for (const [index, bytes] of this.audio) this.assembly.addPart(index, audioOf(bytes));
    this.audio.clear();
    // Sparse: an index may be any number.
    const reasons: string[] = [];
    for (const [index, reason] of finishReasons) reasons[index] = reason;
    return this.assembly.messages(reasons);
  }

  private addParts(index: number, parts: readonly unknown[]): void {
    for (const part of parts.flatMap(contentPart)) {
      if (part.type === 'text' || part.type === 'reasoning') {
        this.assembly.add(index, part.type === 'text' ? 'content' : 'reasoning', part.type, part['content']);
      } else this.assembly.addPart(index, part);
    }
  }

  private addCall(index: number, call: Fields | undefined, at: string | number): void {
    const called = objectOf(call?.['function']) ?? objectOf(call?.['custom']);
    if (!call || !called) return;
    this.assembly.addToolCall(index, countOf(call['index']) ?? at, {
      id: call['id'],
      name: called['name'],
      piece: called['arguments'] ?? called['input'],
    });
  }

  private addAudio(index: number, audio: Fields | undefined): void {
    this.assembly.add(index, 'audio', 'text', audio?.['transcript']);
    const data = audio?.['data'];
    if (typeof data !== 'string') return;
    const bytes = Math.floor((data.replace(/=+$/, '').length * 3) / 4);
    this.audio.set(index, (this.audio.get(index) ?? 0) + bytes);
  }
}

function audioOf(bytes: number): Blob {
  return { type: 'blob', modality: 'audio', content: `[binary, ${bytes} bytes]` };
}
