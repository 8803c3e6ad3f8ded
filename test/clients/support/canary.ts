import { randomInt } from 'node:crypto';
import type { WireReply } from '../../support/wire-server.js';

/** Letters that hardly stand together anywhere else: a run of twelve of them is a piece of a canary. */
const LETTERS = 'jkqvwxz';
const PIECE = /CANARY-|[jkqvwxzJKQVWXZ]{12,}/g;
const BASE64 = /[A-Za-z0-9+/_-]{24,}/g;

/** Words that say nothing of anybody: how an answer is read, not what it says. */
const KEPT =
  /^(@type|id|object|type|role|model|name|index|.*_id|.*Id|model.*|.*[a-z]Reason|.*_reason|reason|status|code|category|currency|provider|source|version|effort|format|truncation|tool_choice|service_tier|system_fingerprint|created_at|createTime|done_reason|event_type|response_type|trafficType|modality|probability|severity|blockReason|action|outcome|language|inference_geo|speed|embedding|search_context_size|summary|retryDelay)$/;
/** Text that the client wants as base64. */
const ENCODED = /^(signature|thoughtSignature|data|encrypted_content|b64_json|redactedContent)$/;
/** What a model gives to a tool: all of it is content. */
const FREE = /^(arguments|args|input)$/;
/** JSON, whole or piece by piece: only the words in it may change. */
const JSON_PIECES = /^(arguments|partial_json|input)$/;

/** Unique words planted in what one call says, each under the name of the field that it stands in. */
export class Canaries {
  /** By the field that they stand in; several where it is filled several times. */
  readonly words: [field: string, word: string][] = [];

  /** @param quoted what the error messages of answers say */
  constructor(
    readonly family: string,
    readonly quoted?: string,
  ) {}

  /** The fields of which no word is in `text`. */
  missing(text: string): string[] {
    const found = new Set(this.words.filter(([, word]) => text.includes(word)).map(([field]) => field));
    return [...new Set(this.words.map(([field]) => field))].filter((field) => !found.has(field)).sort();
  }

  /** A new word. */
  word(field: string): string {
    const random = Array.from({ length: 24 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    const word = `CANARY-${this.family}-${field}-${random}`;
    this.words.push([field.replace(/\d+$/, ''), word]);
    return word;
  }

  /** A text of several lines and of more than 500 characters, which consists of words, quotes and escapes. */
  text(field: string): string {
    return Array.from({ length: 8 }, (_, i) => `Say "${this.word(`${field}${i}`)}" — naïvely,\nplease.`).join('\t');
  }

  /** An object that somebody planted words in, as base64. */
  base64(field: string): string {
    return Buffer.from(this.word(field)).toString('base64');
  }

  /** A copy of an answer in which every text says a canary. */
  plant<T>(value: T, key = ''): T {
    if (typeof value === 'string') return this.planted(value, key) as T;
    if (Array.isArray(value)) return value.map((item) => this.plant(item, key)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, this.plant(member, FREE.test(key) ? 'input' : name)]),
    ) as T;
  }

  /** A recorded answer in which every text says a canary. */
  reply(reply: WireReply): WireReply {
    const type = reply.headers?.['content-type'] ?? '';
    const planted = (json: string) => JSON.stringify(this.plant(JSON.parse(json)));
    const { body } = reply;
    if (typeof body === 'string') return { ...reply, body: planted(body) };
    const pieces = (body as string[]).map((piece) =>
      type.includes('ndjson')
        ? `${planted(piece)}\n`
        : piece.replace(/^data: ({.*)$/gm, (_line, json: string) => `data: ${planted(json)}`),
    );
    return { ...reply, body: pieces };
  }

  private planted(text: string, key: string): string {
    if (text === '' || KEPT.test(key)) return text;
    if (this.quoted !== undefined && /^(message|error|detail)$/.test(key)) return this.quoted;
    if (ENCODED.test(key)) return this.base64(key);
    if (key === 'url') return `https://example.com/${this.word(key)}`;
    return JSON_PIECES.test(key) ? text.replace(/[a-z]{3,}/gi, () => this.word(key)) : this.word(key);
  }
}

/** The pieces of canaries in what has left the process, plain or as base64, each with a little of what stands around it. */
export function leaks(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  const found = around(text);
  for (const [run] of text.matchAll(BASE64)) {
    for (let offset = 0; offset < 4; offset++) found.push(...around(decoded(run.slice(offset))));
  }
  return found;
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function around(text: string): string[] {
  return [...text.matchAll(PIECE)].map(({ index, 0: { length } }) =>
    text.slice(Math.max(0, index - 80), index + length + 20),
  );
}
