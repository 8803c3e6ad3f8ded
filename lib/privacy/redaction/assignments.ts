import type { Masker } from './boundary.js';

/*
 * What a name gives away as a secret: `password=…`, `"apiKey": "…"`, `--token …`, `my password is …`. Prose and code also
 * mention passwords and tokens without a value, so the value has to look like one.
 */

const NAME =
  'pass(?:word|wd|phrase|code|wort)?|pwd|secret|token|credentials?|(?:api|access|secret|private|client|auth|account|encryption|signing|master|service|subscription|license|app|storage|shared|session|ssh)[_ -]?(?:key|secret|token)';
const SUFFIX = '(?:[_-]?(?:base|value|confirm(?:ation)?|[12]))?';
const QUOTE = '\\\\{0,3}["\'`]';

/** A name and what leads from it to its value; the value is read by hand, since its end depends on its quote. */
const LEAD = new RegExp(
  `(${NAME})${SUFFIX}(?:${QUOTE})?\\]?((?:\\s{0,3}(?::=|=>|[:=])|%3[AD])\\s{0,3}|(?: (?:for|to|of|on|at) [\\w .'-]{1,40}?)? (?:is|was|lautet):? {1,2}|(?<=--[\\w-]{1,40}) )`,
  'gi',
);
const NAMES_SECRET = new RegExp(`(?:${NAME})${SUFFIX}$`, 'i');
const OPENING = /\\{0,3}["'`]/y;
const UNQUOTED = /[^\s"'`<>&]{1,512}/y;

/** Tokens of a tokenizer or of a page of results, and words that only end as a name does. */
const NO_SECRET_BEFORE =
  /(?:page|next|continuation|cursor|eos|bos|pad|unk|sep|cls|mask|special|stop|sync|start|end|prev|previous|per|max|min|num|first|last|each|com|by|tres|over|under|sur)[_ -]?$/i;
const PLACEHOLDER =
  /^(?:[*•x.…#-]{3,}|<.*>?|\[.*|\$\{.*|\$[A-Z_][A-Z0-9_]*|\{\{?.*|%[\w({].*|your[-_ ].*|null|none|undefined|true|false|nil|string|number|boolean|required|optional|redacted.*)$/i;
const EXPRESSION =
  /\(|\[|^(?:process|os|env|import|self|this|config|settings|secrets?|vars|req|request|ctx|args|await|new|ref|data|var|local)\b[.!]|^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/;
const MOST = 512;

export const assignments: Masker = (text, counter) => {
  let masked = '';
  let done = 0;
  LEAD.lastIndex = 0;
  for (let lead = LEAD.exec(text); lead; lead = LEAD.exec(text)) {
    const [all, name = '', separator = ''] = lead;
    if (!isName(name, text.slice(Math.max(0, lead.index - 16), lead.index))) continue;
    const value = valueAt(text, lead.index + all.length);
    if (!value || !isTold(name, value.text, value.quoted, separator)) continue;
    masked += `${text.slice(done, value.start)}[SECRET]`;
    done = value.start + value.text.length;
    LEAD.lastIndex = done;
    counter.masked += 1;
  }
  return done === 0 ? text : masked + text.slice(done);
};

/** Whether the member of an object that has this name holds a secret, if its value is this. */
export function isSecretMember(name: string, value: string): boolean {
  const end = NAMES_SECRET.exec(name.slice(-64));
  return end !== null && isName(end[0], name.slice(-64).slice(0, end.index)) && isTold(end[0], value, true, ':');
}

function isName(name: string, before: string): boolean {
  if (NO_SECRET_BEFORE.test(before)) return false;
  // `pass` and `pwd` stand in too many words.
  return !/^(?:pass|pwd)$/i.test(name) || !/[a-z]$/i.test(before);
}

interface Value {
  readonly text: string;
  readonly start: number;
  readonly quoted: boolean;
}

function valueAt(text: string, at: number): Value | undefined {
  OPENING.lastIndex = at;
  const quote = OPENING.exec(text)?.[0];
  if (quote !== undefined) {
    const start = at + quote.length;
    const within = text.slice(start, start + MOST);
    const end = within.search(/["'`\n]/) < 0 ? -1 : endOfQuoted(within, quote);
    return { text: end < 0 ? within : within.slice(0, end), start, quoted: true };
  }
  UNQUOTED.lastIndex = at;
  const value = UNQUOTED.exec(text)?.[0].replace(/[.,;:!?)}\]]+$/, '');
  return value ? { text: value, start: at, quoted: false } : undefined;
}

function endOfQuoted(within: string, quote: string): number {
  const close = within.indexOf(quote);
  const line = within.indexOf('\n');
  return close < 0 || (line >= 0 && line < close) ? line : close;
}

function isTold(name: string, value: string, quoted: boolean, separator: string): boolean {
  if (value.length < 4 || PLACEHOLDER.test(value) || (!quoted && EXPRESSION.test(value))) return false;
  if (/^pwd$/i.test(name) && value.startsWith('/')) return false;
  if (/^pass|^pwd/i.test(name)) {
    // Outside of quotes and of `name=value`, a password is recognised by a character that is no letter.
    return quoted || separator === '=' || /^%3d$/i.test(separator) || (value.length >= 6 && /[^A-Za-z'’-]/.test(value));
  }
  if (value.length < 8 || /\s/.test(value)) return false;
  if (/^[\d.,-]+$/.test(value)) return value.length >= 16;
  return /\d/.test(value) || (value.length >= 16 && /[a-z]/.test(value) && /[A-Z]/.test(value));
}
