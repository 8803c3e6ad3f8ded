import type { ModelPrice as BundledPrice, TieredPrices } from '@pydantic/genai-prices';
import type { ModelPrice } from '../../settings.js';

/** A price per million tokens: one number, or another one from some length of the input on. */
type Rate = number | Tiers;

interface Tiers {
  readonly base: number;
  /** In ascending order of `start`. */
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

/** Tokens of a call; 0 where they are not known. */
export interface Counts {
  /** Cached ones included. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Those of `cacheWrite` that are kept for an hour. */
  readonly cacheWriteHour: number;
  /** Reasoning ones included. */
  readonly output: number;
  readonly reasoning: number;
}

const MILLION = 1e6;

/** What a model charges, ready to be multiplied with counts. Computes as `calcPrice` of `@pydantic/genai-prices` does. */
export class Rates {
  constructor(
    private readonly input: Rate,
    private readonly cacheRead: Rate | undefined,
    private readonly cacheWrite: Rate | undefined,
    private readonly cacheWriteHour: Rate | undefined,
    private readonly output: Rate,
    private readonly reasoning: Rate | undefined,
    private readonly perCall: number,
  ) {}

  /**
   * Cached and reasoning tokens are charged at their own price where there is one, and as plain input or output else. The
   * whole of a call is charged at the tier that its input reaches, not only what exceeds it.
   *
   * @returns `undefined` where a part exceeds its whole
   */
  amount({ input: length, cacheRead, cacheWrite, cacheWriteHour, output, reasoning }: Counts): number | undefined {
    let plainInput = length;
    let plainWrite = cacheWrite;
    let plainOutput = output;
    let amount = this.perCall;
    if (this.cacheRead !== undefined) {
      plainInput -= cacheRead;
      amount += charge(this.cacheRead, cacheRead, length);
    }
    if (this.cacheWriteHour !== undefined) {
      plainInput -= cacheWriteHour;
      plainWrite -= cacheWriteHour;
      amount += charge(this.cacheWriteHour, cacheWriteHour, length);
    }
    if (this.cacheWrite !== undefined) {
      plainInput -= plainWrite;
      amount += charge(this.cacheWrite, plainWrite, length);
    }
    if (this.reasoning !== undefined) {
      plainOutput -= reasoning;
      amount += charge(this.reasoning, reasoning, length);
    }
    if (plainInput < 0 || plainWrite < 0 || plainOutput < 0) return undefined;
    return amount + charge(this.input, plainInput, length) + charge(this.output, plainOutput, length);
  }
}

function charge(rate: Rate, tokens: number, length: number): number {
  if (tokens === 0) return 0;
  if (typeof rate === 'number') return (rate * tokens) / MILLION;
  let price = rate.base;
  for (const tier of rate.tiers) if (length > tier.start) price = tier.price;
  return (price * tokens) / MILLION;
}

/** An own price. */
export function ratesOf({ input, output, cacheRead, cacheWrite, reasoning }: ModelPrice): Rates {
  return new Rates(input, cacheRead, cacheWrite, undefined, output ?? 0, reasoning, 0);
}

/**
 * A bundled price. An empty one is how the library tells that a model is free.
 *
 * @returns `undefined` for a model that is sold by something other than tokens, such as hours of audio: token counts do not
 *   tell what it costs
 */
export function compilePrice(price: BundledPrice): Rates | undefined {
  const { input_mtok: input, output_mtok: output } = price;
  if (input === undefined && output === undefined && Object.keys(price).length > 0) return undefined;
  const perCall = price['requests_kcount'];
  return new Rates(
    rateOf(input) ?? 0,
    rateOf(price['cache_read_mtok']),
    rateOf(price['cache_write_mtok']),
    rateOf(price['cache_write_1h_mtok']),
    rateOf(output) ?? 0,
    rateOf(price['output_reasoning_mtok']),
    typeof perCall === 'number' ? perCall / 1000 : 0,
  );
}

function rateOf(price: number | TieredPrices | undefined): Rate | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return { base: price.base, tiers: [...price.tiers].sort((left, right) => left.start - right.start) };
}
