/** Stands for what an error message repeats of the call's arguments. */
export const ECHO = '[content]';

/** Characters from which on a piece that message and arguments share counts as repeated. */
const LONG = 12;
/** A shorter argument counts where it stands in the message as a word of its own. */
const SHORT = 4;
const MOST_TEXT = 256 * 1024;
const MOST_MESSAGE = 64 * 1024;
const MOST_NODES = 10_000;
const MOST_SHORT = 500;
const DEPTH = 16;
/** Between two repeated pieces, an escape or a changed quote. */
const GAP = 3;

/** Members that name something of the app's or the provider's, and say nothing of the people who use it. */
const NAMING =
  /^(?:model|modelId|model_id|deployment|deploymentName|engine|baseURL|base_url|endpoint|path|method|type|role|apiVersion|api_version|region|voice|size|quality|reasoning_effort|tool_choice|encoding_format)$/;
const MODEL =
  /^(?:[\w.-]+\/)?(?:[a-z-]+\.)?(?:gpt|o\d|chatgpt|claude|anthropic|gemini|gemma|llama|meta|mistral|mixtral|ministral|codestral|command|embed|rerank|deepseek|qwen|grok|phi|nova|titan|amazon|text-embedding|text-|dall-e|whisper|tts|sonar|kimi|glm)[\w.:@/-]*$/i;
const ENUM = /^(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:[_-][A-Z]+)*)$/;
const PLACE = /^(?:https?:\/\/[^\s?#]+|(?:\.{0,2}\/)?[\w.@-]+(?:\/[\w.@-]+)+\/?|\/[\w./@-]+)$/;
const VERSION = /^v?\d{1,4}(?:[.-]\d{1,4})+(?:-[a-z]+)?$/;

/**
 * Masks in a message what it repeats of a call's arguments: providers quote the prompt that they reject. Names of models,
 * URLs, paths and enum-like words stay. Takes time linear in message and arguments, of which it reads 256 KB. Pure; may
 * throw where the arguments do.
 */
export function maskEchoes(message: string, args: readonly unknown[]): string {
  const told = message.slice(0, MOST_MESSAGE);
  const texts = textsIn(args);
  const covered = new Uint8Array(told.length);
  coverLong(
    told,
    texts.filter((text) => text.length >= LONG),
    covered,
  );
  coverShort(
    told,
    texts.filter((text) => text.length < LONG),
    covered,
  );
  return render(told, covered) + message.slice(MOST_MESSAGE);
}

function textsIn(args: readonly unknown[]): string[] {
  const found = new Set<string>();
  const seen = new Set<object>();
  let nodes = 0;
  let left = MOST_TEXT;
  const visit = (value: unknown, name: string, depth: number): void => {
    if (nodes++ >= MOST_NODES || left <= 0) return;
    if (typeof value === 'string') {
      const text = value.trim().slice(0, left);
      left -= text.length;
      if (text.length >= SHORT && !NAMING.test(name) && !staysReadable(text)) found.add(text);
    } else if (typeof value === 'object' && value !== null && depth < DEPTH && !seen.has(value)) {
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
      seen.add(value);
      for (const key of Object.keys(value)) {
        if (nodes >= MOST_NODES) return;
        visit(memberOf(value, key), Array.isArray(value) ? name : key, depth + 1);
      }
    }
  };
  visit(args, '', 0);
  return [...found];
}

function memberOf(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function staysReadable(text: string): boolean {
  if (/\s/.test(text)) return false;
  return (text.length < LONG && ENUM.test(text)) || MODEL.test(text) || PLACE.test(text) || VERSION.test(text);
}

/** Pieces of 12 characters that occur in both, found by their hashes: as many steps as there are characters. */
function coverLong(message: string, texts: readonly string[], covered: Uint8Array): void {
  if (message.length < LONG || texts.length === 0) return;
  const ofMessage = new Set<number>();
  const mayBe = new Uint8Array(2 ** 16);
  eachPiece(message, (first, second) => {
    mayBe[first & 0xffff] = 1;
    ofMessage.add(joined(first, second));
  });
  const shared = new Set<number>();
  const note = (first: number, second: number): void => {
    if (mayBe[first & 0xffff] === 0) return;
    const hash = joined(first, second);
    if (ofMessage.has(hash)) shared.add(hash);
  };
  for (const text of texts) {
    eachPiece(text, note);
    const escaped = JSON.stringify(text).slice(1, -1);
    if (escaped.length !== text.length) eachPiece(escaped, note);
  }
  if (shared.size === 0) return;
  eachPiece(message, (first, second, at) => {
    if (shared.has(joined(first, second))) covered.fill(1, at, at + LONG);
  });
}

const FIRST_BASE = 0x01000193;
const SECOND_BASE = 0x5bd1e995;
const FIRST_POWER = powerOf(FIRST_BASE);
const SECOND_POWER = powerOf(SECOND_BASE);

/** The base to the power of a piece's length, in 32 bits. */
function powerOf(base: number): number {
  let power = 1;
  for (let i = 0; i < LONG; i++) power = Math.imul(power, base);
  return power;
}

/** Two rolling hashes of each piece: one alone would take some foreign piece for a repeated one. */
function eachPiece(text: string, use: (first: number, second: number, at: number) => void): void {
  let first = 0;
  let second = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at) + 1;
    first = (Math.imul(first, FIRST_BASE) + code) | 0;
    second = (Math.imul(second, SECOND_BASE) + code) | 0;
    if (at >= LONG) {
      const gone = text.charCodeAt(at - LONG) + 1;
      first = (first - Math.imul(gone, FIRST_POWER)) | 0;
      second = (second - Math.imul(gone, SECOND_POWER)) | 0;
    }
    if (at >= LONG - 1) use(first, second, at - LONG + 1);
  }
}

function joined(first: number, second: number): number {
  return (first >>> 0) * 2 ** 20 + (second >>> 12);
}

function coverShort(message: string, texts: readonly string[], covered: Uint8Array): void {
  for (const text of texts.slice(0, MOST_SHORT)) {
    for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + text.length)) {
      const end = at + text.length;
      if (!isWord(message[at - 1]) && !isWord(message[end])) covered.fill(1, at, end);
    }
  }
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

function render(message: string, covered: Uint8Array): string {
  let shown = '';
  let done = 0;
  for (let at = covered.indexOf(1); at >= 0; at = covered.indexOf(1, at)) {
    shown += message.slice(done, at) + ECHO;
    for (;;) {
      while (at < covered.length && covered[at] === 1) at++;
      const next = covered.indexOf(1, at);
      if (next < 0 || next - at > GAP) break;
      at = next;
    }
    done = at;
  }
  return shown + message.slice(done);
}
