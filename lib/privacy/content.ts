import { createHmac, randomBytes } from 'node:crypto';
import type { Attributes, AttributeValue, SpanContext } from '@opentelemetry/api';
import * as semconv from '../genai/semconv.js';
import { trace } from '../otel.js';
import { safely, warnOnce } from '../safely.js';
import { type CapturedContent, type ContentField, settings } from '../settings.js';
import { cutTo } from './content-cut.js';
import { isSchemaWord, leavesSchema, type Plain, type PlainContent, plainContent } from './content-plain.js';

/** Characters of text that are read of one field at most, whatever the form. Bounds what redaction may cost. */
const MOST_TEXT = 4 * 1024 * 1024;
/** Where content is cut to N characters, 16 N are read: masks are shorter than what they hide, so that more fits in. */
const MARGIN = 16;

/** Whether a field of content is captured at all; where not, nobody has to build it. */
export function isCaptured(field: ContentField): boolean {
  const { content, contentFields } = settings();
  return content !== 'NO_CONTENT' && (contentFields === 'all' || contentFields.includes(field));
}

/** Warns once per process that content is recorded, in case it was turned on by mistake. */
export function warnOfCapture(): void {
  const { content } = settings();
  if (content === 'NO_CONTENT') return;
  warnOnce(
    'prompts, answers and tool data are recorded in telemetry (content capture is on); they may hold personal data and secrets that redaction does not know',
  );
}

/**
 * The only way by which prompts, answers and tool data become attributes: opt-in → redact → external store → cut → attribute. The
 * value in the returned attributes is structured; `content-attributes.ts` decides which signals show it, and how. Empty where the field
 * is not captured, or has nothing in it. Never throws and never changes `value`.
 *
 * @param span of the call, for the external store. Default: the active one
 */
export function capture(field: ContentField, value: unknown, span?: SpanContext): Attributes {
  if (value === undefined || value === null || !isCaptured(field)) return {};
  return safely('capturing content', () => captured(field, value, span), {});
}

function captured(field: ContentField, value: unknown, span: SpanContext | undefined): Attributes {
  warnOfCapture();
  const { contentForm, contentStore } = settings();
  const most = charactersOf(contentForm);
  const read = contentStore || most === undefined ? MOST_TEXT : Math.min(MOST_TEXT, MARGIN * Math.max(most, MARGIN));
  const content = plainContent(field, value, read);
  const names = semconv.contentAttributes(field);
  const bag: Attributes = {};
  if (content.masked > 0) bag[names.redacted] = content.masked;
  if (contentStore) {
    const reference = stored(field, content.value, span ?? trace.getActiveSpan()?.spanContext());
    return reference === undefined ? {} : { ...bag, [names.reference]: reference };
  }
  if (contentForm === 'hash') return { ...bag, [names.content]: hashed(field, content.value) as AttributeValue };
  return Object.assign(bag, cut(content, field, most));
}

/** `undefined` where nothing is cut. */
function charactersOf(form: string): number | undefined {
  const most = Number(/^truncate:(\d+)$/.exec(form)?.[1] ?? Number.NaN);
  return Number.isNaN(most) ? undefined : most;
}

function cut(content: PlainContent, field: ContentField, most: number | undefined): Attributes {
  const names = semconv.contentAttributes(field);
  const length = JSON.stringify(content.value).length;
  const value: Plain = most === undefined || length <= most ? content.value : cutTo(field, content.value, most);
  const bag: Attributes = { [names.content]: value as AttributeValue };
  if (!content.isCut && (most === undefined || length <= most)) return bag;
  bag[semconv.ATTR_ANNOTEL_CONTENT_TRUNCATED] = true;
  bag[names.originalLength] = length + content.leftOut;
  return bag;
}

/** The reference that the app's store returns. Content for which it returns none is not recorded at all. */
function stored(field: ContentField, value: Plain, span: SpanContext | undefined): string | undefined {
  const content: CapturedContent = { field, value, traceId: span?.traceId, spanId: span?.spanId };
  return safely('the content store', () => {
    const reference: unknown = settings().contentStore?.(content);
    if (typeof reference === 'string' || reference === undefined) return reference;
    // A rejection that nobody handles would end the process.
    Promise.resolve(reference).catch(() => {});
    throw new TypeError(
      'contentStore has to return a string, and at once: make up the reference, upload in the background',
    );
  });
}

let ownKey: Buffer | undefined;

/**
 * `value` with each text replaced by `hmac-sha256:` and its HMAC-SHA-256 in hex, so that equal texts compare equal and none
 * can be read or guessed without the key. Structure, numbers and the words of the schema stay.
 */
export function hashed(field: ContentField, value: Plain): Plain {
  ownKey ??= randomBytes(32);
  const key = settings().contentKey ?? ownKey;
  const hash = (text: string): string => `hmac-sha256:${createHmac('sha256', key).update(text).digest('hex')}`;
  const replace = (part: Plain, name: string, isFree: boolean): Plain => {
    if (typeof part === 'string') return isSchemaWord(field, name, isFree) ? part : hash(part);
    if (Array.isArray(part)) return part.map((item) => replace(item, name, isFree));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([member, inner]) => [member, replace(inner, member, isFree || leavesSchema(member))]),
    );
  };
  return replace(value, '', false);
}
