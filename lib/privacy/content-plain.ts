import { type ContentField, settings } from '../settings.js';
import { marked } from './content-mark.js';
import { isSecretMember } from './redaction/assignments.js';
import { type Redacted, redact, redactPatterns } from './redaction/redact.js';

/** JSON. */
export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

/** A value as JSON, redacted. */
export interface PlainContent {
  readonly value: Plain;
  /** How many places were masked. */
  readonly masked: number;
  /** Characters of text that were left out since they are beyond what was asked for, less those of the marks. */
  readonly leftOut: number;
  /** Whether anything was left out: text, or members of something very large or very deep. */
  readonly isCut: boolean;
}

const DEPTH = 32;
const MOST_NODES = 20_000;
/**
 * Characters of the longest credential. Where a text is cut before it is redacted, its end may be the first half of one, which no
 * pattern recognises; so much of the end is dropped.
 */
const MARGIN = 2048;
const MILLION = 1e6;

/** Words of the messages schema: no content, and needed to read the rest. */
const SCHEMA_FIELDS: ReadonlySet<ContentField> = new Set(['input', 'output', 'system', 'toolDefinitions']);
const SCHEMA_NAMES = /^(?:role|type|modality|mime_type|finish_reason)$/;
/** Members of a message part whose content follows no schema. */
const FREE = /^(?:arguments|response|parameters)$/;

/** Whether the value of a member is a word of the schema, such as a role; not where it stands inside free JSON (`isFree`). */
export function isSchemaWord(field: ContentField, name: string, isFree: boolean): boolean {
  return !isFree && SCHEMA_FIELDS.has(field) && SCHEMA_NAMES.test(name);
}

/** Whether the value of the member is free JSON, such as the arguments of a tool. */
export function leavesSchema(name: string): boolean {
  return FREE.test(name);
}

/**
 * A copy of `value` as redacted JSON. Cyclic, huge and unreadable values are cut down to what is readable; bytes become
 * their type and size. Never throws and never changes `value`.
 *
 * @param most characters of text that are read; the newest items of a list come first
 */
export function plainContent(field: ContentField, value: unknown, most: number): PlainContent {
  const walk = new Walk(field, most);
  return { value: walk.plain(value, '', !SCHEMA_FIELDS.has(field)) ?? null, ...walk.result };
}

class Walk {
  private readonly ancestors: object[] = [];
  private nodes = 0;
  private masked = 0;
  private leftOut = 0;
  private isCut = false;

  constructor(
    private readonly field: ContentField,
    private left: number,
  ) {}

  get result(): Omit<PlainContent, 'value'> {
    return { masked: this.masked, leftOut: this.leftOut, isCut: this.isCut };
  }

  /** `undefined` for what JSON leaves out. */
  plain(value: unknown, name: string, isFree: boolean): Plain | undefined {
    this.nodes += 1;
    if (typeof value === 'string') return this.text(value, name, isFree);
    if (typeof value === 'number') return this.number(value);
    if (typeof value === 'bigint') return this.text(value.toString(), name, isFree);
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value !== 'object') return undefined;
    if (this.ancestors.includes(value)) return '[circular]';
    if (this.ancestors.length >= DEPTH || this.nodes > MOST_NODES) {
      this.isCut = true;
      return '[cut]';
    }
    this.ancestors.push(value);
    try {
      return this.structured(value, name, isFree);
    } catch {
      // Getters, `toJSON` and the traps of a Proxy are code of the app's.
      return '[unreadable]';
    } finally {
      this.ancestors.pop();
    }
  }

  private structured(value: object, name: string, isFree: boolean): Plain | undefined {
    if (Array.isArray(value)) return this.items(value, name, isFree);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return `[${value.constructor.name}, ${value.byteLength} bytes]`;
    }
    if (typeof Blob === 'function' && value instanceof Blob) return `[${value.type || 'Blob'}, ${value.size} bytes]`;
    if (value instanceof Map) return this.members(Object.fromEntries(value), isFree);
    if (value instanceof Set) return this.items([...value], name, isFree);
    if (value instanceof Error) return this.text(`${value.name}: ${value.message}`, name, isFree);
    const { toJSON } = value as { toJSON?: unknown };
    return typeof toJSON === 'function' ? this.plain(toJSON.call(value), name, isFree) : this.members(value, isFree);
  }

  /** Newest first, so that what is left out for want of room is the oldest. */
  private items(values: readonly unknown[], name: string, isFree: boolean): Plain[] {
    const items: Plain[] = [];
    for (let i = values.length - 1; i >= 0; i--) {
      if (this.nodes > MOST_NODES) {
        this.isCut = true;
        break;
      }
      items.push(this.plain(values[i], name, isFree) ?? null);
    }
    return items.reverse();
  }

  private members(value: object, isFree: boolean): { [key: string]: Plain } {
    const members: { [key: string]: Plain } = {};
    for (const name of Object.keys(value)) {
      if (this.nodes > MOST_NODES) {
        this.isCut = true;
        break;
      }
      const member = this.member(value, name, isFree || leavesSchema(name));
      // Not by assignment: `__proto__` is a name like any other in JSON.
      if (member !== undefined) {
        Object.defineProperty(members, name, { value: member, enumerable: true, configurable: true, writable: true });
      }
    }
    return members;
  }

  private member(value: object, name: string, isFree: boolean): Plain | undefined {
    try {
      return this.plain((value as Record<string, unknown>)[name], name, isFree);
    } catch {
      return '[unreadable]';
    }
  }

  /** Card and phone numbers may come as numbers. */
  private number(value: number): Plain {
    if (!Number.isFinite(value)) return null;
    if (!Number.isInteger(value) || Math.abs(value) < MILLION) return value;
    const { masked, text } = redactPatterns(String(value));
    this.masked += masked;
    return masked > 0 ? text : value;
  }

  private text(whole: string, name: string, isFree: boolean): string {
    const text = withoutBytes(whole);
    if (isSchemaWord(this.field, name, isFree) && text.length <= 64) return this.count(redactPatterns(text));
    if (isFree && settings().redact.includes('secret') && isSecretMember(name, text.slice(0, 512))) {
      return this.count({ text: '[SECRET]', masked: 1 });
    }
    const room = Math.max(this.left, 0);
    this.left -= text.length;
    if (text.length <= room) return this.count(redact(text, this.field));
    // A little more than is shown is read, so that a credential at the end is redacted before it is cut.
    const read = room > 0 ? this.count(redact(text.slice(0, room + MARGIN), this.field)) : '';
    if (room > 0 && text.length <= room + MARGIN) return read;
    this.isCut = true;
    const shown = marked(read.slice(0, Math.max(0, read.length - MARGIN)), text.length - room);
    this.leftOut += text.length - shown.length;
    return shown;
  }

  private count({ text, masked }: Redacted): string {
    this.masked += masked;
    return text;
  }
}

/** Characters from which on base64 without a `data:` before it is taken for bytes. */
const LEAST_BASE64 = 256;
const DATA_URL = /data:[\w.+-]+\/[\w.+-]+(?:;[\w=.+-]+){0,4};base64,([A-Za-z0-9+/_-]{16,}={0,2})/g;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

function withoutBytes(text: string): string {
  if (text.includes(';base64,')) return text.replace(DATA_URL, (_, data: string) => sizeOf(data));
  if (text.length < LEAST_BASE64 || !BASE64.test(text.slice(0, LEAST_BASE64))) return text;
  const start = text.slice(0, LEAST_BASE64);
  const isMixed = /[a-z]/.test(start) && /[A-Z]/.test(start) && /\d/.test(start);
  if (!isMixed) return text;
  const data = text.replace(/\s+/g, '');
  return BASE64.test(data) ? sizeOf(data) : text;
}

function sizeOf(base64: string): string {
  return `[base64, ${Math.floor((base64.replace(/=+$/, '').length * 3) / 4)} bytes]`;
}
