import { settings } from '../../settings.js';
import {
  type AttributeName,
  announcesSecret,
  attributeName,
  cleanedNumber,
  cleanedProse,
  cleanedText,
  holdsSecrets,
  type TextContext,
} from './library-text.js';
import { looksLikeSql } from './statement.js';
import { MASK } from './web-address.js';

const DEEPEST = 8;
/** Of one span or record: characters that are read, and values of objects and arrays. */
const MOST_CHARACTERS = 524_288;
const MOST_VALUES = 10_000;
const MOST_BYTES = 65_536;
const TOO_MUCH = '[too much to clean]';
const NAMELESS: AttributeName = { name: '', cleaned: '', sort: 'text', mayBeValuesOfSql: false };

/** Cleans the values of one span, event or record, nested ones included, within a bound on characters and values. */
export class CleanedValues {
  readonly #context: TextContext;
  #characters = MOST_CHARACTERS;
  #values = MOST_VALUES;

  constructor(context: TextContext) {
    this.#context = context;
  }

  /** A value that has no name, cleaned. */
  body(value: unknown): unknown {
    return this.#value(NAMELESS, value, 0);
  }

  /**
   * Cleaned attributes; the same object where nothing has to be removed. Arrays and objects are always copied, since the app may
   * change them before they are sent.
   *
   * @param isDropped names the attributes that are left out
   */
  attributes<T extends object>(attributes: T, isDropped?: (name: string) => boolean): T | Record<string, unknown> {
    return this.#members(attributes, undefined, isDropped, 0) ?? attributes;
  }

  #value(name: AttributeName, value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(name, value);
    if (typeof value === 'number') return cleanedNumber(name, value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === DEEPEST) return '[too deep]';
    if (ArrayBuffer.isView(value)) return bytes(value);
    if (Array.isArray(value)) return this.#array(name, value, depth);
    return holdsSecrets(name) ? MASK : this.#members(value, {}, undefined, depth + 1);
  }

  /**
   * @param copy of the members; `undefined` where one is made only if something has to go
   * @returns the copy, if there is one
   */
  #members(
    object: object,
    copy: Record<string, unknown> | undefined,
    isDropped: ((name: string) => boolean) | undefined,
    depth: number,
  ): Record<string, unknown> | undefined {
    const members = object as Readonly<Record<string, unknown>>;
    let cleaned = copy;
    let isOfStatement: boolean | undefined;
    for (const key of Object.keys(object)) {
      const goes = isDropped?.(key) === true;
      if (!goes && this.#isSpent()) return { ...(cleaned ?? before(members, key)), [TOO_MUCH]: true };
      if (goes) {
        cleaned ??= before(members, key);
        continue;
      }
      const name = attributeName(key);
      const value = members[key];
      if (name.mayBeValuesOfSql) isOfStatement ??= isSql(members.sql) || isSql(members.query);
      const left = name.mayBeValuesOfSql && isOfStatement ? '?' : this.#value(name, value, depth);
      if (cleaned === undefined) {
        if (left === value && name.cleaned === key && (typeof value !== 'object' || value === null)) continue;
        cleaned = before(members, key);
      }
      cleaned[name.cleaned] = left;
    }
    return cleaned;
  }

  #text(name: AttributeName, text: string): string {
    this.#characters -= text.length;
    // The text that passes the bound is cut where it is read.
    if (this.#characters + text.length <= 0) return TOO_MUCH;
    return name.name === '' ? cleanedProse(text, this.#context.field) : cleanedText(name, text, this.#context);
  }

  #array(name: AttributeName, values: readonly unknown[], depth: number): unknown[] {
    const cleaned: unknown[] = [];
    for (const [index, value] of values.entries()) {
      if (this.#isSpent()) return [...cleaned, TOO_MUCH];
      const isHeld = typeof value === 'string' && index > 0 && announcesSecret(values[index - 1]);
      cleaned.push(isHeld && settings().redact.includes('secret') ? MASK : this.#value(name, value, depth + 1));
    }
    return cleaned;
  }

  #isSpent(): boolean {
    this.#values -= 1;
    return this.#values < 0;
  }
}

/** A copy of the members that come before this one. */
function before(members: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const one of Object.keys(members)) {
    if (one === key) break;
    copy[one] = members[one];
  }
  return copy;
}

function isSql(value: unknown): boolean {
  return settings().redact.length > 0 && typeof value === 'string' && looksLikeSql(value);
}

/** Bytes are left out where they look like text with something to redact. */
function bytes(view: ArrayBufferView): unknown {
  if (settings().redact.length === 0) return view;
  if (view.byteLength > MOST_BYTES) return `[${view.byteLength} bytes]`;
  const text = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('latin1');
  return cleanedProse(text, 'log') === text ? view : `[${view.byteLength} bytes]`;
}
