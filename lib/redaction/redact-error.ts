import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { ECHO, maskEchoes } from './echoes.js';
import { REDACTION_FAILED, redact } from './redact.js';

/** What V8 quotes of a text that is no JSON, which is an answer as often as not. */
const QUOTED_JSON = /(?:\.{3})?"[\s\S]*"(?:\.{3})?(?= is not valid JSON)/;

/**
 * A status message, exception message or stack as it may leave the process: redacted always, and without what it repeats of
 * the call's arguments or of an answer while that is not captured. Never throws.
 *
 * @param echoesOf the arguments of the call that failed
 */
export function redactError(text: string, echoesOf: readonly unknown[]): string {
  const { content, contentFields } = settings();
  const isCaptured = content !== 'NO_CONTENT' && contentFields === 'all';
  const mask = () => maskEchoes(text.replace(QUOTED_JSON, `"${ECHO}"`), echoesOf);
  return redact(isCaptured ? text : safely('reading an error message', mask, REDACTION_FAILED), 'error').text;
}
