import type { TokenUsage } from './answer.js';

/**
 * Frameworks and gateways hand on counts as the provider made them: what was cached beside the input (Anthropic, Bedrock), what
 * was thought beside the output (Google, xAI). Where they hand on the provider's total too, that shows: what is beside adds up
 * to it.
 *
 * @param total of all tokens of the call, as reported
 * @param thinks whether what the total has beside input and output is known to be thoughts, though nothing counts these
 */
export function reconciled(usage: TokenUsage, total: number | undefined, thinks = false): TokenUsage {
  const { inputTokens: input, outputTokens: output, reasoningTokens: reasoning = 0 } = usage;
  if (input === undefined || output === undefined || total === undefined) return usage;
  const beside = total - input - output;
  if (beside <= 0) return usage;
  const cached = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  if (beside === reasoning || (thinks && reasoning === 0)) return { ...usage, outputTokens: output + beside };
  if (beside === cached) return { ...usage, inputTokens: input + cached };
  return beside === cached + reasoning
    ? { ...usage, inputTokens: input + cached, outputTokens: output + reasoning }
    : usage;
}

/** The sum of what the parts of one answer used. */
export function added(left: TokenUsage | undefined, right: TokenUsage | undefined): TokenUsage | undefined {
  if (!left || !right) return left ?? right;
  const sum = (key: keyof TokenUsage): number | undefined =>
    left[key] === undefined ? right[key] : left[key] + (right[key] ?? 0);
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    cacheReadTokens: sum('cacheReadTokens'),
    cacheWriteTokens: sum('cacheWriteTokens'),
    cacheWriteHourTokens: sum('cacheWriteHourTokens'),
    reasoningTokens: sum('reasoningTokens'),
  };
}
