import { safely } from '../../safely.js';
import { settings } from '../../settings.js';
import { maskQuotations } from './quotations.js';
import { REDACTION_FAILED, redact } from './redact.js';
import { CONTENT_MASK, inBounds, maskRepeated, memberOf } from './repeated-arguments.js';

/**
 * A status message, exception message or stack as it may leave the process: redacted always, and without what it repeats of
 * the call's arguments, or quotes, while that is not captured. Never throws.
 *
 * @param args of the call that failed
 */
export function redactError(text: string, args: readonly unknown[]): string {
  const { content, contentFields, redactor } = settings();
  const isCaptured = content !== 'NO_CONTENT' && contentFields === 'all';
  const mask = () => maskRepeated(maskQuotations(maskNoJson(inBounds(text))), args);
  const shown = isCaptured ? text : safely('reading an error message', mask, REDACTION_FAILED);
  const frames = redactor ? '' : plainFramesOf(shown);
  return redact(shown.slice(0, shown.length - frames.length), 'error').text + frames;
}

const FRAME = /^ {4}at [^\n]{1,500}(?::\d+:\d+|<anonymous>|native|index \d+)\)?$/;
/** What addresses with credentials, of people and of machines have. A path of a source has `@` before a scope or a version. */
const NO_PATH = /(?<!\/)@(?!\d+\.\d+\.\d+[\w.+-]{0,40}[/_(])|[=%?&;"'`]|\d\.\d+\.\d+\.\d/;

/** The frames at the end of a stack, where they hold functions and paths only: most of its length, and nothing to redact. */
function plainFramesOf(text: string): string {
  let begin = text.length;
  for (;;) {
    const line = text.lastIndexOf('\n', begin - 1);
    if (line < 0 || begin === 0 || !FRAME.test(text.slice(line + 1, begin))) break;
    begin = line;
  }
  const frames = text.slice(begin);
  return NO_PATH.test(frames) ? '' : frames;
}

const NO_JSON = ' is not valid JSON';
const NO_JSON_FROM = 'Unexpected token';

/** Without what V8 quotes of a text that is no JSON, which is an answer as often as not: quoted as it is, with its own quotes. */
function maskNoJson(text: string): string {
  const end = text.lastIndexOf(NO_JSON);
  if (end < 0 || !/[".]/.test(text[end - 1] ?? '')) return text;
  const from = Math.max(0, text.indexOf(NO_JSON_FROM));
  // Behind the token, which may be a quote itself.
  const begin = text.indexOf('"', from + (from > 0 || text.startsWith(NO_JSON_FROM) ? NO_JSON_FROM.length + 3 : 0));
  if (begin < 0 || begin >= end - 1) return text;
  const before = text.slice(0, begin);
  return `${before.endsWith('...') ? before.slice(0, -3) : before}"${CONTENT_MASK}"${text.slice(end)}`;
}

/** Members in which errors of parsers, tools and clients hold a prompt or an answer, of which their messages are made. */
const CONTENT_MEMBERS = [
  'llmOutput',
  'observation',
  'text',
  'value',
  'toolInput',
  'input',
  'received',
  'requestBodyValues',
];
/** Causes and bundled errors beyond this are not read: the chain is circular, most likely. */
const MOST_ERRORS = 8;

/**
 * The content in the members of an error, of its causes and of the errors that it bundles, which a message may repeat although it
 * is no argument of the failed call: LangChain's `OutputParserException` has `llmOutput`, errors of the Vercel AI SDK have `text`,
 * `value` or `requestBodyValues`. Pure; never throws.
 */
export function carriedContent(error: unknown): unknown[] {
  const carried: unknown[] = [];
  const errors: unknown[] = [error];
  for (let at = 0; at < errors.length && at < MOST_ERRORS; at++) {
    const one = errors[at];
    if (typeof one !== 'object' || one === null) continue;
    for (const name of CONTENT_MEMBERS) {
      const value = memberOf(one, name);
      if (value !== undefined && value !== null) carried.push(value);
    }
    const bundled = memberOf(one, 'errors');
    for (const inner of [memberOf(one, 'cause'), ...(Array.isArray(bundled) ? bundled : [])]) {
      if (inner !== undefined && !errors.includes(inner)) errors.push(inner);
    }
  }
  return carried;
}
