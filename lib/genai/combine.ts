import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { priceOf } from './pricing/price.js';
import * as semconv from './semconv.js';

/*
 * One model call that was made of several, such as the steps of a framework or the second try of a method: what they used adds
 * up, and so does what they cost, each of them being priced by the model that it asked.
 */

/** As {@link combine}, where each part is priced by its own model. */
export function combinePriced(earlier: Attributes, later: Attributes): Attributes {
  const used = later[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] ?? later[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
  if (used === undefined || later[semconv.ATTR_ANNOTEL_COST_AMOUNT] !== undefined) return combine(earlier, later);
  const price = priceOf(later);
  return combine(earlier, {
    ...later,
    // What one part cost is not known: then neither is the sum.
    [semconv.ATTR_ANNOTEL_COST_AMOUNT]: price?.amount ?? Number.NaN,
    [semconv.ATTR_ANNOTEL_COST_CURRENCY]: price?.currency,
    [semconv.ATTR_ANNOTEL_COST_SOURCE]: price?.source ?? 'local',
  });
}

/** Removes the cost that parts added: the call's own answer, or the user, says what to charge by. */
export const NO_COST: Attributes = {
  [semconv.ATTR_ANNOTEL_COST_AMOUNT]: undefined,
  [semconv.ATTR_ANNOTEL_COST_CURRENCY]: undefined,
  [semconv.ATTR_ANNOTEL_COST_SOURCE]: undefined,
};

/** Whether the cost of the call is the sum of what its parts cost. */
export function isPricedByParts(bag: Attributes): boolean {
  const amount = bag[semconv.ATTR_ANNOTEL_COST_AMOUNT];
  return bag[semconv.ATTR_ANNOTEL_COST_SOURCE] === 'local' && typeof amount === 'number' && !Number.isNaN(amount);
}

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

/** Puts together what two parts of one model call add to it: counts are summed, of the rest the later wins. */
export function combine(earlier: Attributes, later: Attributes): Attributes {
  const combined: Attributes = { ...earlier };
  for (const key in later) combined[key] = SUMMED.has(key) ? sum(earlier[key], later[key]) : later[key];
  return combined;
}

function sum(left: AttributeValue | undefined, right: AttributeValue | undefined): AttributeValue | undefined {
  return typeof left === 'number' && typeof right === 'number' ? left + right : (right ?? left);
}
