import { safely } from '../../safely.js';
import { type ContentField, settings } from '../../settings.js';
import type { MaskCounter } from './boundary.js';
import { charactersOf } from './characters.js';
import { patternsOf } from './patterns.js';

/** What was masked in a text. */
export interface Redacted {
  readonly text: string;
  /** How many places were masked. */
  readonly masked: number;
}

/** Stands in for a text whose redaction failed: better nothing than what should have been hidden. */
export const REDACTION_FAILED = '[redaction failed]';

/** No pattern fits into less. */
const SHORTEST = 6;

/** Masks in a text what `settings().redact` names, then calls the app's own redactor. Never throws. */
export function redact(text: string, field: ContentField | 'error' | 'attribute' | 'log'): Redacted {
  const known = redactPatterns(text);
  const { redactor } = settings();
  if (!redactor || text === '') return known;
  const own = safely('the redactor', () => redactor(known.text, field), REDACTION_FAILED);
  if (own === known.text) return known;
  return { text: typeof own === 'string' ? own : REDACTION_FAILED, masked: known.masked + 1 };
}

/** {@link redact} without the app's redactor: for words of the messages schema, for which the app's redactor is not called. */
export function redactPatterns(text: string): Redacted {
  if (text.length < SHORTEST) return { text, masked: 0 };
  const counter: MaskCounter = { masked: 0 };
  return { text: safely('redaction', () => masked(text, counter), REDACTION_FAILED), masked: counter.masked };
}

function masked(text: string, counter: MaskCounter): string {
  // Once for all patterns: masks add no character that another pattern looks for.
  const found = charactersOf(text);
  let rest = text;
  for (const { mask, needs, shortest = 0 } of patternsOf(settings().redact)) {
    if (text.length >= shortest && (needs === undefined || (found & needs) !== 0)) rest = mask(rest, counter);
  }
  return rest;
}
