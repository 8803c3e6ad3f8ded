import type { AnyValue, Attributes } from '@opentelemetry/api';
import { settings } from '../settings.js';
import * as semconv from './semconv.js';

/** The attributes that hold what people and models say; only `content.ts` writes them. */
const CONTENT = new Set([
  semconv.ATTR_GEN_AI_INPUT_MESSAGES,
  semconv.ATTR_GEN_AI_OUTPUT_MESSAGES,
  semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
  semconv.ATTR_GEN_AI_TOOL_DEFINITIONS,
  semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  semconv.ATTR_GEN_AI_TOOL_CALL_RESULT,
  semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT,
  semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS,
]);

/**
 * A bag as a span shows it: captured content as JSON, which every back end can show, or left out where it goes to events
 * only. The same object where nothing is captured.
 */
export function forSpan(bag: Attributes): Attributes {
  const { content } = settings();
  if (content === 'NO_CONTENT') return bag;
  return render(bag, content === 'EVENT_ONLY' ? undefined : (value) => asJson(value));
}

/** A bag as a log record shows it: captured content structured, as the conventions ask of events, or left out. */
export function forLog(bag: Attributes): Attributes {
  const { content } = settings();
  if (content === 'NO_CONTENT' || content === 'SPAN_AND_EVENT' || content === 'EVENT_ONLY') return bag;
  return render(bag, undefined);
}

function render(bag: Attributes, show: ((value: AnyValue) => string) | undefined): Attributes {
  const shown: Attributes = {};
  for (const key in bag) {
    if (!CONTENT.has(key)) shown[key] = bag[key];
    else if (show) shown[key] = show(bag[key] as AnyValue);
  }
  return shown;
}

function asJson(value: AnyValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
