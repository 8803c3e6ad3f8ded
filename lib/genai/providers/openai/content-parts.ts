import { blob, type Part, reasoning, text } from '../../messages/message.js';
import { objectOf, stringOf } from '../../shape.js';

/*
 * Parts of content, of the chat and of the responses API. Shapes: the API reference of OpenAI, as typed by the `openai`
 * package 7.x; `video_url` is what vLLM and OpenRouter add.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Content as a list of parts, whether it was a string, one part or a list of them. */
export function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return text(content);
  if (Array.isArray(content)) return content.flatMap(contentPart);
  const part = objectOf(content);
  return part ? contentPart(part) : [];
}

/**
 * One part of content. A refusal is a text part: the schema knows no other, and it is what the model says to the user.
 * What has no part type of its own keeps the provider's.
 */
export function contentPart(value: unknown): Part[] {
  if (typeof value === 'string') return text(value);
  const part = objectOf(value);
  if (!part) return [];
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return text(part['text']);
    case 'refusal':
      return text(part['refusal']);
    case 'reasoning_text':
    case 'summary_text':
      return reasoning(part['text']);
    case 'image_url':
      return linked(part['image_url'], 'image');
    case 'video_url':
      return linked(part['video_url'], 'video');
    case 'input_image':
      return referred('image', part['image_url'], undefined, part['file_id']);
    case 'input_audio':
      return audio(objectOf(part['input_audio']) ?? part);
    case 'input_file':
      return referred('document', part['file_url'], part['file_data'], part['file_id']);
    case 'file': {
      const file = objectOf(part['file']) ?? part;
      return referred('document', undefined, file['file_data'], file['file_id']);
    }
    default:
      return other(part);
  }
}

/** `{ url }`, or the URL itself. */
function linked(value: unknown, modality: string): Part[] {
  return referred(modality, objectOf(value)?.['url'] ?? value, undefined, undefined);
}

/** The first of the ways to name a file that is used. A `data:` URL is the file itself. */
function referred(modality: string, url: unknown, data: unknown, id: unknown): Part[] {
  const content = stringOf(data) ?? stringOf(url);
  if (content !== undefined) {
    if (data === content || content.startsWith('data:')) {
      // The type of a document is known from its URL only.
      return [blob(content, undefined, modality === 'document' ? undefined : modality)];
    }
    return [{ type: 'uri', modality, uri: content }];
  }
  const fileId = stringOf(id);
  return fileId === undefined ? [] : [{ type: 'file', modality, file_id: fileId }];
}

/** Base64 `data` of a `format` such as `wav`. */
function audio({ data, format }: Fields): Part[] {
  if (typeof data !== 'string') return [];
  const name = stringOf(format);
  return [blob(data, name && `audio/${name === 'mp3' ? 'mpeg' : name}`, 'audio')];
}

function other(part: Fields): Part[] {
  const type = stringOf(part['type']);
  return type === undefined ? [] : [{ ...withoutData(part), type }];
}

/** The fields of an object that has no part type of its own, with `data:` URLs replaced by their type and size. */
export function withoutData(fields: Fields): Record<string, unknown> {
  return strip(fields, 0) as Record<string, unknown>;
}

function strip(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.startsWith('data:') ? blob(value, undefined).content : value;
  if (typeof value !== 'object' || value === null) return value;
  // Deeper than any part of the API; a value that holds itself ends here too.
  if (depth > 8) return null;
  if (Array.isArray(value)) return value.map((item) => strip(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item, depth + 1)]));
}
