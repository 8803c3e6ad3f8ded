import { CONTENT_MASK } from './repeated-arguments.js';

/** Characters from which on a quotation of several words is somebody's text, and no name of a field, model or tool. */
const LONG = 24;
/** Scripts that write without blanks say as much in fewer signs. */
const DENSE =
  /(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}][^\p{L}]{0,3}){8}/u;
const WORD = /[\p{L}\p{N}_]/u;
const MARK = /["'`]/g;
const TYPOGRAPHIC = /[“„«「『]([^“„«「『”»」』]+)[”“»」』]/gu;

/** What may have blanks in its name, and is named in quotes: `relation "Orders of 2024, all regions" does not exist`. */
const NAMED =
  /\b(?:relation|table|view|column|constraint|index|schema|database|sequence|policy|trigger|model|deployment|module|package|file|directory|folder|bucket|pattern)(?: name)?s?:?\s{0,2}$/i;
const MOST_OF_NAME = 64;
const PATH = /^(?:file:\/\/|[a-z]:[\\/]|\.{0,2}\/)[^\s/\\]+[\\/]\S+(?: \S+){0,4}(?<=[./\\][\w-]{1,20})$/i;

const W = String.raw`(?:\s|\\+[nrt])*`;
const key = (...names: string[]) => String.raw`\\*["'](?:${names.join('|')})\\*["']${W}:${W}`;
/** An API's or a validator's own words, in the JSON that many clients make their messages of. */
const MESSAGE = new RegExp(
  `(?:${key('error', 'errorMessage', 'error_message', 'error_description', 'errmsg')}|(?:${[
    String.raw`${key('error')}\{${W}`,
    String.raw`body:?\s*\{${W}`,
    String.raw`^\d{3}\s+\{${W}`,
    `${key('code', 'status', 'statusCode', 'status_code', 'param', 'path', 'loc', 'expected', 'received', 'locale', 'links')}[^{}]{0,80}[,{]${W}`,
    String.raw`${key('type', '__type', '@type', 'object', 'name')}\\*["'][\w./]*(?:error|exception)[\w./]*\\*["']${W},${W}`,
  ].join('|')})${key('message', 'Message', 'msg', 'detail', 'description')})$`,
  'i',
);
const BEFORE = 160;

interface Mark {
  /** Where it begins, with its backslashes. */
  readonly at: number;
  readonly end: number;
  readonly text: string;
  readonly opens: boolean;
  readonly closes: boolean;
}

/**
 * A message in which each quotation of at least 24 characters and several words is masked. Names of fields, models, tables and
 * tools, paths and the like, which messages quote too, stay, and so does what an API says in the JSON of its error. Frames of a
 * stack are left alone. Takes time linear in the message. Pure.
 */
export function maskQuotations(message: string): string {
  const head = headOf(message);
  const masked = maskMarked(head).replace(TYPOGRAPHIC, (match, quoted: string) =>
    isSomebodysText(quoted) ? `${match[0]}${CONTENT_MASK}${match.at(-1)}` : match,
  );
  return masked + message.slice(head.length);
}

/** All that stands in front of the frames of a stack. */
function headOf(message: string): string {
  let end = message.length;
  for (;;) {
    const line = message.lastIndexOf('\n', end - 1);
    if (line < 0 || end === 0 || !message.startsWith('    at ', line + 1)) return message.slice(0, end);
    end = line;
  }
}

function maskMarked(text: string): string {
  const marks = marksOf(text);
  const following = followingOf(marks);
  /** Ends of quotations that were looked into. */
  const taken = new Set<number>();
  let shown = '';
  let done = 0;
  for (let i = 0; i < marks.length; ) {
    const mark = marks[i] as Mark;
    const next = following[i] as number;
    const closing = marks[next];
    const isQuotation = mark.opens && !taken.has(i) && (closing ? closing.closes : mayBreakOff(mark, text));
    const quoted = isQuotation ? text.slice(mark.end, closing?.at) : '';
    if (!isQuotation) i += 1;
    else if (!isSomebodysText(quoted) || isName(text, mark, quoted)) i = next + 1;
    else if (closing && MESSAGE.test(text.slice(Math.max(0, mark.at - BEFORE), mark.at))) {
      taken.add(next);
      i += 1;
    } else {
      shown += `${text.slice(done, mark.end)}${CONTENT_MASK}${mark.text}`;
      done = closing?.end ?? text.length;
      i = next + 1;
    }
  }
  return shown + text.slice(done);
}

function marksOf(text: string): Mark[] {
  const marks: Mark[] = [];
  for (const { index } of text.matchAll(MARK)) {
    const end = index + 1;
    let at = index;
    while (text[at - 1] === '\\') at--;
    const opens = !WORD.test(text[at - 1] ?? '') || /\\[nrt]$/.test(text.slice(Math.max(0, at - 2), at));
    const closes = !WORD.test(text[end] ?? '');
    // What has letters on both sides is an apostrophe.
    if (opens || closes) marks.push({ at, end, text: text.slice(at, end), opens, closes });
  }
  return marks;
}

/** For each mark the next one that is written the same, else the number of marks. */
function followingOf(marks: readonly Mark[]): number[] {
  const following: number[] = [];
  const next = new Map<string, number>();
  for (let i = marks.length - 1; i >= 0; i--) {
    const { text } = marks[i] as Mark;
    following[i] = next.get(text) ?? marks.length;
    next.set(text, i);
  }
  return following;
}

/** A quotation that is cut off with its message; but a single quote may be an apostrophe. */
function mayBreakOff({ at, text }: Mark, message: string): boolean {
  return !text.endsWith("'") || /(?:[:=([{,]|near|got|received)\s?$/i.test(message.slice(Math.max(0, at - 12), at));
}

function isSomebodysText(quoted: string): boolean {
  return (quoted.length >= LONG && /\S\s+\S/.test(quoted)) || DENSE.test(quoted);
}

function isName(text: string, { at }: Mark, quoted: string): boolean {
  if (quoted.length <= MOST_OF_NAME && NAMED.test(text.slice(Math.max(0, at - 24), at))) return true;
  return quoted.length <= 4 * MOST_OF_NAME && PATH.test(quoted);
}
