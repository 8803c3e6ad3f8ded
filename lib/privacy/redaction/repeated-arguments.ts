import { decode, type NormalForm, Normaliser } from './normal-form.js';

/** Stands for what an error message repeats of the call's arguments. */
export const CONTENT_MASK = '[content]';

/** Characters, one for all that parts two words, from which on what message and arguments share counts as repeated. */
const LONG = 12;
/** A shorter argument counts where it stands in the message as a word of its own. */
const SHORT = 4;
/** Of Chinese, two characters are a name. */
const LEAST = 2;
const MOST_TEXT = 256 * 1024;
const MOST_MESSAGE = 64 * 1024;
const TAIL = 16 * 1024;
const MOST_NODES = 10_000;
const MOST_SHORT = 500;
const DEPTH = 16;
const MOST_CHANCE_LETTERS = 3;
/** Characters between two repeated places that are masked with them: an escape or a changed quote. */
const GAP = 3;

/** Members that name a model, an endpoint or an option: no content, and needed to understand the error. */
const NAMING =
  /^(?:model|modelId|model_id|deployment|deploymentName|engine|baseURL|base_url|endpoint|path|method|type|role|apiVersion|api_version|region|voice|size|quality|reasoning_effort|tool_choice|encoding_format)$/;
const MODEL =
  /^(?:[\w.-]+\/)?(?:[a-z-]+\.)?(?:gpt|o\d|chatgpt|claude|anthropic|gemini|gemma|llama|meta|mistral|mixtral|ministral|codestral|command|embed|rerank|deepseek|qwen|grok|phi|nova|titan|amazon|text-embedding|text-|dall-e|whisper|tts|sonar|kimi|glm)[\w.:@/-]*$/i;
const ENUM = /^(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:[_-][A-Z]+)*)$/;
const PLACE = /^(?:https?:\/\/[^\s?#]+|(?:\.{0,2}\/)?[\w.@-]+(?:\/[\w.@-]+)+\/?|\/[\w./@-]+)$/;
const VERSION = /^v?\d{1,4}(?:[.-]\d{1,4})+(?:-[a-z]+)?$/;

/** Members that hold what somebody wrote, be it a single word. Everywhere else a word that looks like an identifier is one. */
const CONTENT =
  /^(?:text|texts|content|contents|prompt|query|queries|q|question|input|inputs|output|answer|message|messages|body|description|comment|title|documents?|context|instructions?|system|value|values|data|payload|arguments|args|parts?|llmOutput|observation|toolInput|received|requestBodyValues)$/i;
const TOKEN = /^[A-Za-z0-9](?:[\w.:@/-]{0,126}[A-Za-z0-9])?$/;
/** Words of a language are written without these; a hyphen is in names of people, too, which have capitals. */
const SIGNS = /[\d_.:@/]|^[a-z]+(?:-[a-z]+)+$/;
/** A key or password as generators make them, and an address of a person. */
const RANDOM = /(?=[^-_.:@/]*[a-z])(?=[^-_.:@/]*[A-Z])(?=[^-_.:@/]*\d)[A-Za-z0-9]{16}/;
const MAIL = /@[^@]+\./;

/**
 * Masks in a message what it repeats of a call's arguments, in whatever spelling: providers quote the prompt that they reject.
 * Names of models, URLs, paths and enum-like words stay, and so does what looks like an id, a host or a name in a program
 * (`order-4711`, `db.internal`), where it is no member that holds content. Takes time linear in message and arguments, of which it reads 256 KB.
 * Pure; may throw where the arguments do.
 */
export function maskRepeated(message: string, args: readonly unknown[]): string {
  const bounded = inBounds(message);
  const texts = textsIn(args);
  if (texts.length === 0) return bounded;
  const covered = new Uint8Array(bounded.length);
  const repeated = new Repeated(new Normaliser().of(bounded));
  const normaliser = new Normaliser();
  for (const text of texts) repeated.lookFor(text, normaliser.of(text));
  repeated.cover(bounded, covered);
  return render(bounded, covered);
}

/** A message of at most 64 K characters: of a longer one, beginning and end, where the stack is. */
export function inBounds(message: string): string {
  if (message.length <= MOST_MESSAGE) return message;
  return `${message.slice(0, MOST_MESSAGE - TAIL - 1)}…${message.slice(-TAIL)}`;
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
      if (text.length >= LEAST && !NAMING.test(name) && !staysReadable(text, name)) found.add(text);
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

/** A member of any object; `undefined` where reading it throws. */
export function memberOf(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function staysReadable(text: string, name: string): boolean {
  if (/\s/.test(text)) return false;
  if (!CONTENT.test(name) && isIdentifier(text)) return true;
  return (text.length < LONG && ENUM.test(text)) || MODEL.test(text) || PLACE.test(text) || VERSION.test(text);
}

function isIdentifier(text: string): boolean {
  return TOKEN.test(text) && SIGNS.test(text) && !RANDOM.test(text) && !MAIL.test(text);
}

/**
 * What a message repeats of texts: windows of ten letters and digits, found by their rolling hashes in as many steps as there are
 * characters (https://en.wikipedia.org/wiki/Rolling_hash), and short texts where they stand as words.
 */
class Repeated {
  private readonly ofMessage = new Set<number>();
  private readonly mayBe = new Uint8Array(2 ** 16);
  private readonly shared = new Set<number>();
  /** What stands behind the last window of a text. */
  private readonly endings = new Map<number, string>();
  private readonly words: string[] = [];

  constructor(private readonly message: NormalForm) {
    eachWindow(message.units, (first, second) => {
      this.mayBe[first & 0xffff] = 1;
      this.ofMessage.add(joined(first, second));
    });
  }

  lookFor(text: string, { units, places, ends }: NormalForm): void {
    const length = units.length;
    if (length >= WINDOW && spanOf(places, 0, length) >= LONG) {
      eachWindow(units, (first, second, at) => {
        if (this.mayBe[first & 0xffff] === 0) return;
        const hash = joined(first, second);
        if (!this.ofMessage.has(hash)) return;
        this.shared.add(hash);
        if (at + WINDOW === length) this.endings.set(hash, text.slice(ends[length - 1]));
      });
    } else if (length >= SHORT || (length === SHORT - 1 && text.length >= SHORT)) {
      if (this.words.length < MOST_SHORT) this.words.push(asText(units));
    }
  }

  cover(message: string, covered: Uint8Array): void {
    if (this.shared.size > 0) this.coverWindows(message, covered);
    this.coverWords(covered);
  }

  private coverWindows(message: string, covered: Uint8Array): void {
    const { units, starts, ends, places } = this.message;
    let begin = -1;
    let end = -1;
    let last = 0;
    const close = (): void => {
      if (begin < 0 || spanOf(places, begin, end) < LONG) return;
      const [from, to] = withoutChanceLetters(places, begin, end);
      const behind = ends[to - 1] as number;
      covered.fill(1, starts[from], to < end ? behind : endingAt(message, behind, this.endings.get(last) ?? ''));
    };
    eachWindow(units, (first, second, at) => {
      const hash = joined(first, second);
      if (!this.shared.has(hash)) return;
      if (at > end) {
        close();
        begin = at;
      }
      end = at + WINDOW;
      last = hash;
    });
    close();
  }

  private coverWords(covered: Uint8Array): void {
    if (this.words.length === 0) return;
    const { units, starts, ends, places } = this.message;
    const text = asText(units);
    for (const word of this.words) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        const end = at + word.length;
        if (isParted(places, at) && isParted(places, end)) covered.fill(1, starts[at], ends[end - 1]);
      }
    }
  }
}

/** How long units are together with what parts them. */
function spanOf(places: Uint32Array, begin: number, end: number): number {
  return (places[end - 1] as number) - (places[begin] as number) + 1;
}

/** Whether a word begins at a unit, or none is left. */
function isParted(places: Uint32Array, at: number): boolean {
  return at <= 0 || at >= places.length || spanOf(places, at - 1, at + 1) > 2;
}

/** Without the few letters at either end that a word of the message happens to have in common with one of the text. */
function withoutChanceLetters(places: Uint32Array, begin: number, end: number): [begin: number, end: number] {
  let [from, to] = [begin, end];
  while (from < begin + MOST_CHANCE_LETTERS && !isParted(places, from)) from++;
  while (to > end - MOST_CHANCE_LETTERS && !isParted(places, to)) to--;
  return [isParted(places, from) ? from : begin, isParted(places, to) ? to : end];
}

/** How far a message goes on as a text ends, escaped or not. */
function endingAt(message: string, from: number, ending: string): number {
  let at = from;
  for (let i = 0; i < ending.length; i++) {
    let next = decode(message, at);
    // The backslashes of an escaped quote.
    if (next.code === 0) next = decode(message, next.end);
    if (next.code !== ending.charCodeAt(i)) break;
    at = next.end;
  }
  return Math.min(at, message.length);
}

function asText(units: Uint16Array): string {
  let text = '';
  for (const unit of units) text += String.fromCharCode(unit);
  return text;
}

function render(message: string, covered: Uint8Array): string {
  let shown = '';
  let done = 0;
  for (let at = covered.indexOf(1); at >= 0; at = covered.indexOf(1, at)) {
    shown += message.slice(done, at) + CONTENT_MASK;
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

/** Letters and digits of the windows that texts are compared by. */
const WINDOW = 10;

const { imul } = Math;
const FIRST_BASE = 0x01000193;
const SECOND_BASE = 0x5bd1e995;
const FIRST_POWER = powerOf(FIRST_BASE);
const SECOND_POWER = powerOf(SECOND_BASE);

/** The base to the power of a window's length, in 32 bits. */
function powerOf(base: number): number {
  let power = 1;
  for (let i = 0; i < WINDOW; i++) power = imul(power, base);
  return power;
}

/** Two rolling hashes of each window: one alone of 32 bits would now and then take two different windows for the same. */
function eachWindow(units: Uint16Array, use: (first: number, second: number, at: number) => void): void {
  let first = 0;
  let second = 0;
  for (let at = 0; at < units.length; at++) {
    const code = (units[at] as number) + 1;
    first = (imul(first, FIRST_BASE) + code) | 0;
    second = (imul(second, SECOND_BASE) + code) | 0;
    if (at >= WINDOW) {
      const gone = (units[at - WINDOW] as number) + 1;
      first = (first - imul(gone, FIRST_POWER)) | 0;
      second = (second - imul(gone, SECOND_POWER)) | 0;
    }
    if (at >= WINDOW - 1) use(first, second, at - WINDOW + 1);
  }
}

/** Both hashes in one number. */
function joined(first: number, second: number): number {
  return (first >>> 0) * 2 ** 20 + (second >>> 12);
}
