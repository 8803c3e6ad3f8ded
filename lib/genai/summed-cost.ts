import type { Attributes } from '@opentelemetry/api';
import { combine } from './combine.js';
import { priceOf } from './pricing/price.js';
import * as semconv from './semconv.js';

/*
 * One model call that was made of several, each of which may have asked another model: what they cost adds up.
 */

/** As {@link combine}, where each part is priced by its own model. */
export function combinePriced(told: Attributes, more: Attributes): Attributes {
  const used = more[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] ?? more[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
  if (used === undefined || more[semconv.ATTR_ANNOTEL_COST_AMOUNT] !== undefined) return combine(told, more);
  const price = priceOf(more);
  return combine(told, {
    ...more,
    // What one part cost is not known: then neither is the sum.
    [semconv.ATTR_ANNOTEL_COST_AMOUNT]: price?.amount ?? Number.NaN,
    [semconv.ATTR_ANNOTEL_COST_CURRENCY]: price?.currency,
    [semconv.ATTR_ANNOTEL_COST_SOURCE]: price?.source ?? 'local',
  });
}

/** No cost that parts told: the call's own answer, or the user, says what to charge by. */
export const NO_COST: Attributes = {
  [semconv.ATTR_ANNOTEL_COST_AMOUNT]: undefined,
  [semconv.ATTR_ANNOTEL_COST_CURRENCY]: undefined,
  [semconv.ATTR_ANNOTEL_COST_SOURCE]: undefined,
};

/** Whether parts told the cost of the call, each of its own. */
export function isPricedByParts(bag: Attributes): boolean {
  const amount = bag[semconv.ATTR_ANNOTEL_COST_AMOUNT];
  return bag[semconv.ATTR_ANNOTEL_COST_SOURCE] === 'local' && typeof amount === 'number' && !Number.isNaN(amount);
}
