import { objectOf, stringOf } from './shape.js';

/**
 * What providers call the service that is sold at their listed prices: OpenAI, Anthropic, Bedrock, Groq and Google, which
 * may also leave it unspecified.
 */
const STANDARD = new Set(['default', 'standard', 'auto', 'on_demand', 'unspecified', 'traffic_type_unspecified']);

/**
 * The tier of an answer that is sold otherwise than at the listed price: later, sooner, or out of what was paid in advance.
 *
 * @param told whatever may tell it; a provider may sell speed apart from the tier
 * @returns the first that is not the standard one, in the provider's word
 */
export function specialTier(...told: unknown[]): string | undefined {
  for (const value of told) {
    const tier = stringOf(value);
    if (tier !== undefined && !STANDARD.has(tier.toLowerCase())) return tier;
  }
  return undefined;
}

/** The tier, where it is told with the usage: Anthropic's, that of the Gemini API and that of Vertex AI. */
export function tierOfUsage(value: unknown): string | undefined {
  const usage = objectOf(value);
  return specialTier(usage?.['service_tier'], usage?.['speed'], usage?.['serviceTier'], usage?.['trafficType']);
}

/** The tier of Bedrock's Converse. */
export function tierOfConverse(answer: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return specialTier(objectOf(answer?.['serviceTier'])?.['type'], objectOf(answer?.['performanceConfig'])?.['latency']);
}
