import type { Attributes, AttributeValue } from '@opentelemetry/api';
import * as semconv from './semconv.js';

/** What adds up where one call was made of several: a framework's steps, a method's second try. */
const SUMMED = new Set<string>([
  semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS['1.41'],
  semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS.latest,
  semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS,
  semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  semconv.ATTR_ANNOTEL_COST_AMOUNT,
]);

/** Puts together what the parts of one model call told: counts are summed, of the rest the later wins. */
export function combine(told: Attributes, more: Attributes): Attributes {
  const combined: Attributes = { ...told };
  for (const key in more) combined[key] = SUMMED.has(key) ? sum(told[key], more[key]) : more[key];
  return combined;
}

function sum(left: AttributeValue | undefined, right: AttributeValue | undefined): AttributeValue | undefined {
  return typeof left === 'number' && typeof right === 'number' ? left + right : (right ?? left);
}
