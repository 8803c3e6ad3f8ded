/*
 * Each pattern needs characters that most texts lack: one loop over a text says which patterns can find anything in it.
 */

/** Sorts of characters, as bits. */
export const AT = 1;
export const PERCENT = 2;
export const COLON = 4;
export const EQUALS = 8;
export const BLANK = 16;
export const DIGIT = 32;
export const DOT = 64;
export const DASH = 128;
export const QUOTE = 256;
export const BRACKET = 512;
export const LINE = 1024;
const LETTER = 2048;
const UNDERSCORE = 4096;
const SLASH = 8192;

const SORTS = new Uint16Array(128);
const sort = (bit: number, characters: string) => {
  for (const character of characters) SORTS[character.charCodeAt(0)] = bit;
};
sort(AT, '@');
sort(PERCENT, '%');
sort(COLON, ':');
sort(EQUALS, '=');
sort(BLANK, ' \t');
sort(DIGIT, '0123456789');
sort(DOT, '.');
sort(DASH, '-');
sort(QUOTE, '"\'`');
sort(BRACKET, '(');
sort(LINE, '\n');
sort(LETTER, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
sort(UNDERSCORE, '_');
sort(SLASH, '/');

/** Which of the sorts above a text holds, as one number. */
export function charactersOf(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) found |= SORTS[code] as number;
  }
  return found;
}

const WORD = LETTER | DIGIT | DOT | DASH | UNDERSCORE;
const LONGEST = 256;
/** The shortest secret that is one word, a token of Slack's, has one character more. */
const LONGEST_WORD = 14;
/** A phone number has one more. */
const MOST_DIGITS = 6;
/** An IP address has one more. */
const MOST_DOTS = 2;
/** Secrets in base64, which may hold slashes, have an underscore and one character more. */
const LONGEST_BASE64 = 29;
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\w.-])/iy;
const UUID_LENGTH = 36;

/**
 * Whether no pattern can find anything in a text: a path of short words, a name. `false` says nothing. Much cheaper than to ask
 * the patterns, or to remember the text: what instrumentations record is mostly of this kind.
 */
export function isHarmless(text: string): boolean {
  if (text.length > LONGEST) return false;
  let found = 0;
  let word = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const one = code < 128 ? (SORTS[code] as number) : 0;
    found |= one;
    if ((one & WORD) === 0) {
      if (one !== SLASH) return false;
      word = 0;
      continue;
    }
    word += 1;
    if (one === DIGIT) digits += 1;
    else if (one === DOT) dots += 1;
    if (word <= LONGEST_WORD) continue;
    const start = at - LONGEST_WORD;
    if (!isUuid(text, start)) return false;
    digits -= digitsIn(text, start, at + 1);
    word = 0;
    at = start + UUID_LENGTH - 1;
  }
  if (digits > MOST_DIGITS || dots > MOST_DOTS) return false;
  if ((found & SLASH) === 0) return true;
  // Host and path: some addresses are secrets.
  return (found & DOT) === 0 && ((found & UNDERSCORE) === 0 || text.length <= LONGEST_BASE64);
}

/** Behind digits and a slash, it may begin as a phone number goes on. */
function isUuid(text: string, start: number): boolean {
  UUID.lastIndex = start;
  return UUID.test(text) && !/\d\/$/.test(text.slice(Math.max(0, start - 2), start));
}

function digitsIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (SORTS[text.charCodeAt(at)] === DIGIT) count += 1;
  return count;
}
