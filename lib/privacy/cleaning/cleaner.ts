import type { Attributes, SpanKind } from '@opentelemetry/api';
import { SCOPE_NAME } from '../../genai/semconv.js';
import { safely } from '../../safely.js';
import { settings } from '../../settings.js';
import { CleanedValues } from './cleaned-values.js';
import { attributeName, cleanedText } from './library-text.js';
import { withoutValues } from './statement.js';

const FAILED = '[redaction failed]';

/**
 * Removes, before export, the attributes that `ANNOTEL_DROP_ATTRIBUTES` names, and what redaction finds in spans and log records
 * of other libraries. annotel's own are redacted where they are made.
 */
export class Cleaner {
  readonly #isDropped: ((name: string) => boolean) | undefined;

  /** @param dropped names or globs of attributes */
  constructor(dropped: readonly string[]) {
    this.#isDropped = droppedBy(dropped);
  }

  /** Whether spans or log records of this instrumentation scope have to be read. */
  concerns(scope: string): boolean {
    return this.#isDropped !== undefined || redacts(scope);
  }

  /**
   * A cleaned copy; the same object where nothing has to be removed. Never throws.
   *
   * @param system the database that a span is about, for its events; read from `attributes` where it is left out
   */
  attributes(attributes: Attributes, scope: string, kind?: SpanKind, system = databaseOf(attributes)): Attributes {
    const isRedacted = redacts(scope);
    if (!isRedacted && this.#isDropped === undefined) return attributes;
    const clean = () =>
      isRedacted
        ? (new CleanedValues({ kind, system, field: 'attribute' }).attributes(
            attributes,
            this.#isDropped,
          ) as Attributes)
        : this.#withoutDropped(attributes);
    // What cannot be cleaned is not exported.
    return safely('cleaning attributes', clean, {}) ?? {};
  }

  /** The body of a log record: a text, or an object of texts. Never throws. */
  body<T>(body: T, scope: string): T | string {
    if (!redacts(scope)) return body;
    return safely('cleaning a log record', () => new CleanedValues({ field: 'log' }).body(body) as T, FAILED);
  }

  /**
   * The name or the status message of a span, the name of an event. Never throws.
   *
   * @param span attributes of the span: that of a database may have the statement in its name, and values in its errors
   */
  text(text: string, scope: string, span?: Attributes): string {
    if (!redacts(scope)) return text;
    return safely('cleaning a text', () => cleanedLine(text, span), FAILED);
  }

  #withoutDropped(attributes: Attributes): Attributes {
    const rest: Attributes = {};
    for (const name in attributes) if (!this.#isDropped?.(name)) rest[name] = attributes[name];
    return rest;
  }
}

function cleanedLine(text: string, span: Attributes | undefined): string {
  const system = span && databaseOf(span);
  if (system === undefined) return cleanedText(attributeName(''), text, { field: 'attribute' });
  const isStatement = text.length > 8 && (text === span?.['db.query.text'] || text === span?.['db.statement']);
  const named = isStatement && settings().redact.length > 0 ? withoutValues(text, system) : text;
  return cleanedText(attributeName(''), named, { system, field: 'attribute' });
}

function redacts(scope: string): boolean {
  const { redact: sets, redactor } = settings();
  return scope !== SCOPE_NAME && (sets.length > 0 || redactor !== undefined);
}

/** The database that a span with these attributes is about. */
export function databaseOf(attributes: Attributes): string | undefined {
  const system = attributes['db.system.name'] ?? attributes['db.system'];
  return typeof system === 'string' ? system : undefined;
}

const MOST_NAMES = 5000;

/**
 * Whether an attribute is one of those that never leave.
 *
 * @param patterns names of attributes; `*` stands for any part of one
 * @returns `undefined` where there are no patterns
 */
export function droppedBy(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const globs = patterns.map((pattern) => pattern.split('*'));
  // The names of attributes are few and come again with every span.
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const isDropped = globs.some((parts) => matches(parts, name));
    if (known.size < MOST_NAMES) known.set(name, isDropped);
    return isDropped;
  };
}

/** Finds the parts one after the other, in linear time: a regular expression with several `.*` would backtrack. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
