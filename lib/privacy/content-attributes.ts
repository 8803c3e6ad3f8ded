import type { AnyValue, Attributes } from '@opentelemetry/api';
import * as semconv from '../genai/semconv.js';
import { type ContentField, settings } from '../settings.js';

const FIELDS: Readonly<Record<ContentField, true>> = {
  input: true,
  output: true,
  system: true,
  toolDefinitions: true,
  toolArguments: true,
  toolResult: true,
  query: true,
  documents: true,
  feedback: true,
};

/** The attributes that hold, or refer to, prompts, answers and tool data; only `content.ts` writes them. */
const CONTENT = new Set(
  Object.keys(FIELDS).flatMap((field) => {
    const { content, reference } = semconv.contentAttributes(field as ContentField);
    return [content, reference];
  }),
);

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
