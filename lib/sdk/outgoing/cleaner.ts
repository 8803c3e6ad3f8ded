import type { Attributes, AttributeValue, SpanKind } from '@opentelemetry/api';
import { redact } from '../../redaction/redact.js';
import { safely } from '../../safely.js';
import { settings } from '../../settings.js';
import { SCOPE_NAME } from '../../signals/scope.js';
import { droppedBy } from './drop-attributes.js';
import { cleanedText } from './foreign-text.js';

const DEEPEST = 8;

/**
 * What has to go before anything leaves: attributes that `ANNOTEL_DROP_ATTRIBUTES` names, everywhere, and what the redactor
 * finds in what others than annotel recorded.
 */
export class Cleaner {
  readonly #isDropped: ((name: string) => boolean) | undefined;

  /** @param dropped names or globs of attributes */
  constructor(dropped: readonly string[]) {
    this.#isDropped = droppedBy(dropped);
  }

  /** Whether there is anything to do for what this scope records. */
  concerns(scope: string): boolean {
    return this.#isDropped !== undefined || redacts(scope);
  }

  /** A copy without what has to go; the very same object where nothing has. Never throws. */
  attributes(attributes: Attributes, scope: string, kind?: SpanKind): Attributes {
    const redacting = redacts(scope);
    if (!redacting && this.#isDropped === undefined) return attributes;
    // What cannot be cleaned does not leave.
    return safely('cleaning attributes', () => this.#cleaned(attributes, redacting, kind), {}) ?? {};
  }

  /** The body of a log record: a text, or an object of texts. Never throws. */
  body<T>(body: T, scope: string): T | string {
    if (!redacts(scope)) return body;
    return safely('cleaning a log record', () => deeply(body, 0) as T, '[redaction failed]') ?? '[redaction failed]';
  }

  /** The name or the status message of a span. Never throws. */
  text(text: string, scope: string): string {
    return redacts(scope) ? redact(text, 'attribute').text : text;
  }

  #cleaned(attributes: Attributes, redacting: boolean, kind: SpanKind | undefined): Attributes {
    const rest: Attributes = {};
    for (const name in attributes) {
      if (this.#isDropped?.(name)) continue;
      const value = attributes[name];
      rest[name] = redacting ? cleanedValue(name, value, kind) : value;
    }
    return rest;
  }
}

function redacts(scope: string): boolean {
  const { redact: sets, redactor } = settings();
  return scope !== SCOPE_NAME && (sets.length > 0 || redactor !== undefined);
}

function cleanedValue(name: string, value: unknown, kind: SpanKind | undefined): AttributeValue | undefined {
  if (typeof value === 'string') return cleanedText(name, value, kind);
  if (Array.isArray(value)) return value.map((one) => cleanedValue(name, one, kind)) as AttributeValue;
  if (typeof value !== 'object' || value === null) return value as AttributeValue | undefined;
  return deeply(value, 0) as AttributeValue;
}

function deeply(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redact(value, 'log').text;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth === DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((one) => deeply(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cleanedMember(key, one, depth)]));
}

function cleanedMember(key: string, value: unknown, depth: number): unknown {
  return typeof value === 'string' ? cleanedText(key, value, undefined) : deeply(value, depth + 1);
}
