import { type AttributeValue, type HrTime, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_ANNOTEL_AGENT_INFERENCE_CALLS,
  ATTR_ANNOTEL_AGENT_TOOL_CALLS,
  ATTR_ANNOTEL_CACHE_HIT,
  ATTR_ANNOTEL_CACHE_TYPE,
  ATTR_ANNOTEL_COST_AMOUNT,
  ATTR_ANNOTEL_COST_CURRENCY,
  ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT,
  ATTR_ANNOTEL_STREAM_END,
  ATTR_ANNOTEL_USAGE_ESTIMATED,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_RETRIEVAL_TOP_K,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  OPERATION_RETRIEVAL,
} from '../../genai/semconv.js';

const LONGEST = 100;
// What a terminal would obey rather than show; attributes may hold any text.
const CONTROL = /[\p{Cc}\p{Cf}\s]+/gu;

/** What is worth a glance in the attributes of a finished span, most telling first; each entry is one short line. */
export function facts(span: ReadableSpan): string[] {
  const { attributes } = span;
  return [
    model(span),
    tokens(span),
    cost(span),
    cache(span),
    calls(span),
    firstChunk(attributes[ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]),
    text(attributes[ATTR_ANNOTEL_STREAM_END]) ?? finishReasons(attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS]),
    counted('document', attributes[ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT]),
    topK(span),
    text(attributes['db.query.text'] ?? attributes['db.statement']),
    address(span),
    httpStatus(span),
  ].filter((fact) => fact !== undefined);
}

/**
 * Why the span failed, as `type: message`; `undefined` where it did not.
 *
 * @param below the spans below it: what one of them says already is not said again, only its type is
 */
export function failure(
  { status, attributes, events }: ReadableSpan,
  below: readonly ReadableSpan[] = [],
): string | undefined {
  if (status.code !== SpanStatusCode.ERROR) return undefined;
  const exception = events.find((event) => event.attributes?.[ATTR_EXCEPTION_TYPE] !== undefined)?.attributes;
  const type = text(attributes[ATTR_ERROR_TYPE] ?? exception?.[ATTR_EXCEPTION_TYPE]);
  const message = text(status.message ?? exception?.[ATTR_EXCEPTION_MESSAGE]);
  const isRepeated = status.message !== undefined && below.some((span) => span.status.message === status.message);
  if (isRepeated && type !== undefined) return type;
  return [type, message].filter((part) => part !== undefined).join(': ') || 'error';
}

/** A span of time for people: `850 µs`, `12.3 ms`, `1.24 s`, `2 min 5 s`. */
export function duration([seconds, nanos]: HrTime): string {
  const millis = seconds * 1000 + nanos / 1e6;
  if (millis < 1) return `${Math.round(millis * 1000)} µs`;
  if (millis < 999.5) return `${rounded(millis)} ms`;
  if (millis < 59_995) return `${rounded(millis / 1000)} s`;
  const whole = Math.round(millis / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Any text on one line, bounded, without what a terminal would obey. */
export function folded(value: string): string {
  // Other libraries' spans come by here, whatever they gave for a string.
  const line = String(value).replace(CONTROL, ' ').trim();
  const letters = line.length > LONGEST ? [...line] : [];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : line;
}

function model({ name, attributes }: ReadableSpan): string | undefined {
  const used = attributes[ATTR_GEN_AI_RESPONSE_MODEL] ?? attributes[ATTR_GEN_AI_REQUEST_MODEL];
  return typeof used === 'string' && !name.includes(used) ? text(used) : undefined;
}

function tokens({ attributes }: ReadableSpan): string | undefined {
  const input = attributes[ATTR_GEN_AI_USAGE_INPUT_TOKENS];
  const output = attributes[ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
  const about = attributes[ATTR_ANNOTEL_USAGE_ESTIMATED] === true ? '~' : '';
  if (output === undefined) return input === undefined ? undefined : `${about}${input} tokens`;
  return input === undefined ? `?→${about}${output} tokens` : `${about}${input}→${output} tokens`;
}

/** `0.0000131 USD`, `free`. */
function cost({ attributes }: ReadableSpan): string | undefined {
  const amount = attributes[ATTR_ANNOTEL_COST_AMOUNT];
  if (typeof amount !== 'number' || !(amount >= 0 && amount < Infinity)) return undefined;
  if (amount === 0) return 'free';
  return text(`${plainDigits(amount)} ${attributes[ATTR_ANNOTEL_COST_CURRENCY] ?? ''}`);
}

/** Three digits of what is below 100, however small; whole numbers above. */
function plainDigits(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(value)));
  const digits = value.toFixed(Math.min(decimals, 20));
  return decimals === 0 ? digits : digits.replace(/\.?0+$/, '');
}

function cache({ attributes }: ReadableSpan): string | undefined {
  if (attributes[ATTR_ANNOTEL_CACHE_HIT] !== true) return undefined;
  return text(`${attributes[ATTR_ANNOTEL_CACHE_TYPE] ?? ''} cache`);
}

/** What an agent's turn called. */
function calls({ attributes }: ReadableSpan): string | undefined {
  const made = [
    counted('model call', attributes[ATTR_ANNOTEL_AGENT_INFERENCE_CALLS] || undefined),
    counted('tool call', attributes[ATTR_ANNOTEL_AGENT_TOOL_CALLS] || undefined),
  ];
  return text(made.filter((count) => count !== undefined).join(', '));
}

function firstChunk(seconds?: AttributeValue): string | undefined {
  if (typeof seconds !== 'number') return undefined;
  const whole = Math.floor(seconds);
  return `first chunk ${duration([whole, Math.round((seconds - whole) * 1e9)])}`;
}

function finishReasons(reasons?: AttributeValue): string | undefined {
  const unusual = (Array.isArray(reasons) ? reasons : []).filter((reason) => reason !== 'stop');
  return text([...new Set(unusual)].join(', '));
}

function counted(what: string, count?: AttributeValue): string | undefined {
  return typeof count === 'number' ? `${count} ${what}${count === 1 ? '' : 's'}` : undefined;
}

function topK({ attributes }: ReadableSpan): string | undefined {
  // In v1.41 the name also stands for a parameter of sampling tokens.
  if (attributes[ATTR_GEN_AI_OPERATION_NAME] !== OPERATION_RETRIEVAL) return undefined;
  const value = attributes[ATTR_GEN_AI_RETRIEVAL_TOP_K.latest] ?? attributes[ATTR_GEN_AI_RETRIEVAL_TOP_K['1.41']];
  return value === undefined ? undefined : `top_k ${value}`;
}

/** Where an HTTP span went, if its name is the bare method. */
function address({ name, attributes }: ReadableSpan): string | undefined {
  if (attributes['http.request.method'] !== name) return undefined;
  return text(attributes['url.full'] ?? attributes['url.path'])?.replace(/\?.*/, '');
}

function httpStatus({ attributes }: ReadableSpan): string | undefined {
  const status = attributes['http.response.status_code'];
  return status === undefined || String(status) === attributes[ATTR_ERROR_TYPE] ? undefined : `${status}`;
}

function text(value?: AttributeValue): string | undefined {
  return value === undefined ? undefined : folded(String(value)) || undefined;
}

/** Three digits. */
function rounded(value: number): string {
  return String(Number(value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)));
}
