/**
 * A text as it is compared, whatever it went through: escapes of JSON, Python, URLs and HTML are decoded, letters are in lower
 * case, and only letters, digits and symbols are left. For each code unit of it, where in the text it stands.
 */
export interface NormalForm {
  readonly units: Uint16Array;
  /** Where in the text what became the unit begins and ends. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Goes up by one from unit to unit, by more where words part. */
  readonly places: Uint32Array;
}

/** What a character becomes; `apart`: it is a word of its own. */
interface Folded {
  readonly units: readonly number[];
  readonly apart: boolean;
}

/** Makes normal forms, one at a time: the next one overwrites the one before. Takes time linear in the text. */
export class Normaliser {
  private readonly folded = new Map<number, Folded>();
  private units = new Uint16Array(1024);
  private starts = new Uint32Array(1024);
  private ends = new Uint32Array(1024);
  private places = new Uint32Array(1024);
  private length = 0;
  private parted = false;

  of(text: string): NormalForm {
    this.length = 0;
    this.parted = false;
    for (let at = 0; at < text.length; ) {
      const start = at;
      let code = text.charCodeAt(at++);
      if (code === BACKSLASH || code === PERCENT || code === AMPERSAND) {
        const decoded = decode(text, start);
        at = decoded.end;
        code = decoded.code;
      }
      if (isHigh(code)) {
        const low = decode(text, at);
        if (isLow(low.code)) {
          code = (code - 0xd800) * 0x400 + low.code - 0xdc00 + 0x10000;
          at = low.end;
        }
      }
      if (code >= 128) this.addFolded(this.fold(code), start, at);
      else if (ASCII[code] !== 0) this.add(ASCII[code] as number, start, at);
      // `max_tokens` is one word.
      else if (code !== UNDERSCORE) this.parted = true;
    }
    const { units, starts, ends, places, length } = this;
    return {
      units: units.subarray(0, length),
      starts: starts.subarray(0, length),
      ends: ends.subarray(0, length),
      places: places.subarray(0, length),
    };
  }

  private addFolded({ units, apart }: Folded, start: number, end: number): void {
    if (apart) this.parted = true;
    for (const unit of units) this.add(unit, start, end);
    if (apart) this.parted = true;
  }

  private add(unit: number, start: number, end: number): void {
    const at = this.length++;
    if (at === this.units.length) this.grow();
    this.units[at] = unit;
    this.starts[at] = start;
    this.ends[at] = end;
    this.places[at] = (at > 0 ? (this.places[at - 1] as number) : 0) + (this.parted ? 2 : 1);
    this.parted = false;
  }

  private grow(): void {
    const size = this.length * 4;
    const { units, starts, ends, places } = this;
    [this.units, this.starts, this.ends, this.places] = [
      new Uint16Array(size),
      new Uint32Array(size),
      new Uint32Array(size),
      new Uint32Array(size),
    ];
    this.units.set(units);
    this.starts.set(starts);
    this.ends.set(ends);
    this.places.set(places);
  }

  private fold(code: number): Folded {
    let folded = this.folded.get(code);
    if (!folded) {
      folded = foldOf(String.fromCodePoint(code));
      this.folded.set(code, folded);
    }
    return folded;
  }
}

const BACKSLASH = 92;
const PERCENT = 37;
const AMPERSAND = 38;
const UNDERSCORE = 95;
const isHigh = (code: number) => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number) => code >= 0xdc00 && code < 0xe000;

/** What becomes of ASCII characters; 0 is left out. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(letter) ? letter.charCodeAt(0) : 0;
});

const KEPT = /[\p{L}\p{N}\p{So}]/u;
const MARK = /\p{M}/u;
/** Signs of these scripts say as much as two letters. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const WITHOUT_BLANKS =
  /[\p{So}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function foldOf(character: string): Folded {
  // By way of upper case, `ß` and `ς` meet what they are in other cases.
  const plain = [...character.normalize('NFKD').toUpperCase().toLowerCase()].filter((one) => KEPT.test(one)).join('');
  const units = Array.from({ length: plain.length }, (_, at) => plain.charCodeAt(at));
  return {
    units: DENSE.test(character) ? [...units, ...units] : units,
    apart: units.length === 0 ? !MARK.test(character) : WITHOUT_BLANKS.test(character),
  };
}

/** What an escape stands for. */
interface Decoded {
  /** A code point; 0 for an escape of what is neither letter nor digit. */
  readonly code: number;
  readonly end: number;
}

const ESCAPED = /u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[nrtbfv0a]/y;
/** One byte of UTF-8: in a URL, perhaps encoded twice; in Python; in C. */
const URL_BYTE = /%(?:25){0,3}([0-9a-f]{2})/iy;
const URL_UNIT = /%u([0-9a-f]{4})/iy;
const BYTE = /\\{1,8}(?:x([0-9a-f]{2})|([0-3][0-7]{2}))/iy;
const ENTITY = /&(?:amp;){0,3}(?:#(\d{1,7})|#x([0-9a-f]{1,6})|quot|apos|amp|lt|gt|nbsp);/iy;

/** Reads what stands at a place of the text: an escape, or a character (one code unit). Pure. */
export function decode(text: string, at: number): Decoded {
  const code = text.charCodeAt(at);
  if (code === BACKSLASH) return decodeEscape(text, at);
  if (code === PERCENT) {
    const unit = matchAt(URL_UNIT, text, at);
    if (unit) return { code: Number.parseInt(unit[1] as string, 16), end: URL_UNIT.lastIndex };
    return decodeBytes(URL_BYTE, text, at) ?? { code: 0, end: skipDoubled(text, at) };
  }
  if (code === AMPERSAND) {
    const entity = matchAt(ENTITY, text, at);
    if (!entity) return { code: 0, end: at + 1 };
    const [, decimal, hex] = entity;
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : 0;
    return { code: point <= 0x10ffff ? point : 0, end: ENTITY.lastIndex };
  }
  return { code: Number.isNaN(code) ? 0 : code, end: at + 1 };
}

/** However many backslashes there are: JSON may stand in JSON. They are read but once. */
function decodeEscape(text: string, at: number): Decoded {
  let end = at;
  while (text.charCodeAt(end) === BACKSLASH) end++;
  const bytes = decodeBytes(BYTE, text, end - 1);
  if (bytes) return bytes;
  const escaped = matchAt(ESCAPED, text, end);
  if (!escaped) return { code: 0, end };
  const hex = escaped[1] ?? escaped[2] ?? escaped[3];
  const point = hex ? Number.parseInt(hex, 16) : 0;
  return { code: point <= 0x10ffff ? point : 0, end: ESCAPED.lastIndex };
}

/** The character that a sequence of bytes stands for, or one byte that stands for a character by itself. */
function decodeBytes(byte: RegExp, text: string, at: number): Decoded | undefined {
  const first = byteAt(byte, text, at);
  if (first === undefined) return undefined;
  let end = byte.lastIndex;
  if (first < 0x80) return { code: first, end };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let code = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = first >= 0xc2 && first < 0xf5 ? byteAt(byte, text, end) : undefined;
    // `50%abroad` is no URL, but Python writes `\xe4`.
    if (next === undefined || next >> 6 !== 2) return byte === BYTE ? lone(first, text, at) : undefined;
    code = code * 64 + (next & 0x3f);
    end = byte.lastIndex;
  }
  return { code: code <= 0x10ffff ? code : 0, end };
}

function lone(code: number, text: string, at: number): Decoded | undefined {
  return byteAt(BYTE, text, at) === undefined ? undefined : { code, end: BYTE.lastIndex };
}

function byteAt(byte: RegExp, text: string, at: number): number | undefined {
  const match = matchAt(byte, text, at);
  if (!match) return undefined;
  return match[1] !== undefined ? Number.parseInt(match[1], 16) : Number.parseInt(match[2] as string, 8);
}

/** Behind a `%` that is none of an escape: `%25` says the same. */
function skipDoubled(text: string, at: number): number {
  const match = matchAt(URL_BYTE, text, at);
  return match ? URL_BYTE.lastIndex - 2 : at + 1;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
