import { settings } from '../../settings.js';
import {
  announcesSecret,
  cleanedName,
  cleanedNumber,
  cleanedProse,
  cleanedText,
  holdsSecrets,
  type Subject,
} from './foreign-text.js';
import { looksLikeSql } from './statement.js';
import { MASK } from './web-address.js';

const DEEPEST = 8;
/** Of one span or record: characters that are read, and values of objects and arrays. */
const MOST_CHARACTERS = 524_288;
const MOST_VALUES = 10_000;
const MOST_BYTES = 65_536;
const TOO_MUCH = '[too much to clean]';

/** Cleans the values of one span, event or record, to their depth, with a bound on what all of them cost. */
export class CleanedValues {
  readonly #subject: Subject;
  #characters = MOST_CHARACTERS;
  #values = MOST_VALUES;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /**
   * A value as it may leave; what needs no cleaning is handed back.
   *
   * @param name of the attribute or member; empty for one that has none
   */
  value(name: string, value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.#text(name, value);
    if (typeof value === 'number') return cleanedNumber(name, value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === DEEPEST) return '[too deep]';
    if (ArrayBuffer.isView(value)) return bytes(value);
    if (Array.isArray(value)) return this.#array(name, value, depth);
    return holdsSecrets(name) ? MASK : this.members(value, undefined, depth);
  }

  /**
   * A copy of attributes or of an object, cleaned.
   *
   * @param isDropped names the members that are left out
   */
  members(object: object, isDropped?: (name: string) => boolean, depth = -1): Record<string, unknown> {
    const cleaned: Record<string, unknown> = {};
    const entries = Object.entries(object);
    const hasStatement = entries.some(([key, value]) => (key === 'sql' || key === 'query') && isSql(value));
    for (const [key, value] of entries) {
      if (isDropped?.(key)) continue;
      if (this.#isSpent()) return { ...cleaned, [TOO_MUCH]: true };
      const isValues = hasStatement && /^(?:parameters|params|bindings|values)$/.test(key);
      cleaned[cleanedName(key)] = isValues ? '?' : this.value(key, value, depth + 1);
    }
    return cleaned;
  }

  #text(name: string, text: string): string {
    this.#characters -= text.length;
    // The text that passes the bound is cut where it is read.
    if (this.#characters + text.length <= 0) return TOO_MUCH;
    return name === '' ? cleanedProse(text, this.#subject.field) : cleanedText(name, text, this.#subject);
  }

  #array(name: string, values: readonly unknown[], depth: number): unknown[] {
    const cleaned: unknown[] = [];
    for (const [index, value] of values.entries()) {
      if (this.#isSpent()) return [...cleaned, TOO_MUCH];
      const isHeld = typeof value === 'string' && index > 0 && announcesSecret(values[index - 1]);
      cleaned.push(isHeld && holdsSecrets('cookie') ? MASK : this.value(name, value, depth + 1));
    }
    return cleaned;
  }

  #isSpent(): boolean {
    this.#values -= 1;
    return this.#values < 0;
  }
}

function isSql(value: unknown): boolean {
  return settings().redact.length > 0 && typeof value === 'string' && looksLikeSql(value);
}

/** Bytes are somebody's text as often as not. */
function bytes(view: ArrayBufferView): unknown {
  if (settings().redact.length === 0) return view;
  if (view.byteLength > MOST_BYTES) return `[${view.byteLength} bytes]`;
  const text = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('latin1');
  return cleanedProse(text, 'log') === text ? view : `[${view.byteLength} bytes]`;
}
