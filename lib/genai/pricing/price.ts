import { createRequire } from 'node:module';
import type { Attributes } from '@opentelemetry/api';
import type { ModelPrice as BundledPrice, TieredPrices } from '@pydantic/genai-prices';
import { activeSignals } from '../../call/signals.js';
import { infoOnce, safely } from '../../safely.js';
import { type ModelPrice, type Settings, settings } from '../../settings.js';
import * as semconv from '../semconv.js';
import { numberOf, stringOf } from '../shape.js';

/*
 * What a model call cost. Own prices (`settings().prices`) are in the configured currency; the bundled ones of
 * `@pydantic/genai-prices` are in USD. Nothing is rounded. What is not known costs nothing known: no amount, not zero.
 */

/** What a call cost, in units of an ISO 4217 currency. */
export interface Price {
  readonly amount: number;
  readonly currency: string;
  /** `provider` where the answer had it, `local` where it was computed here. */
  readonly source: 'provider' | 'local';
}

/** The part of `@pydantic/genai-prices` that is used here. */
export type PriceLibrary = Pick<typeof import('@pydantic/genai-prices'), 'calcPrice' | 'findProvider'>;

/** What is known of a model: what it is charged by, and in which currency. */
interface Resolved {
  /** Absent where the model is unknown. */
  readonly rates?: Rates;
  /** Whether the user named the price, which is in the configured currency then; else it is in USD. */
  readonly own: boolean;
  /** Milliseconds since the epoch from which on it may be another price. */
  readonly until: number;
}

const UNKNOWN: Resolved = { own: false, until: Infinity };
const USD = 'USD';
const MINUTE = 60_000;
const MOST_MODELS = 500;
const MOST_TIERS = 16;

/** Names of the conventions, of Vercel's AI SDK and of LangChain, where the library has another. */
const LIBRARY_PROVIDERS: Record<string, string> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'azure.chat': 'azure',
  'azure.responses': 'azure',
  azure_openai: 'azure',
  'aws.bedrock': 'aws',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  'gcp.gen_ai': 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
};

/** Servers that people run themselves: their models are named like sold ones, and have no price that is known here. */
const SELF_HOSTED = /^(ollama|vllm|lm[-_ ]?studio|llama[-_.]?cpp|llamafile|local|sglang|tgi|mlx)/i;

/** Prices calls by model; remembers what it found, since finding a model takes tens of microseconds. */
export class PriceTable {
  private library: PriceLibrary | undefined;
  private loaded = false;
  private readonly remembered = new Map<unknown, Map<unknown, Map<unknown, Resolved>>>();
  private size = 0;
  /** Models that were reported as unknown; bounded, since a report is remembered for good. */
  private reports = 0;
  /** Tiers of service that were reported as unknown. */
  private readonly tiers = new Set<string>();
  /** The settings that were in force when the models were resolved. */
  private inForce: Settings | undefined;

  constructor(private readonly load: () => PriceLibrary) {}

  /** Loads the bundled prices, which takes some 40 ms of CPU; else the first call that is priced does. */
  preload(): void {
    if (this.loaded) return;
    this.loaded = true;
    this.library = safely('loading the bundled prices', this.load);
  }

  /**
   * The price of a call, by its attributes.
   *
   * @returns `undefined` where the model is unknown, the answer had no usage, or its counts contradict each other
   */
  priceOf(bag: Attributes): Price | undefined {
    const inForce = settings();
    if (isAnsweredBySemanticCache(bag)) return fromUsd(0, 'local', inForce);
    if (bag[semconv.ATTR_ANNOTEL_COST_SOURCE] === 'provider') return reportedCost(bag, inForce);

    const input = numberOf(bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]);
    const output = numberOf(bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]);
    if (input === undefined && output === undefined) return undefined;
    const found = this.resolve(bag, inForce);
    const amount = found.rates?.amount({
      input: input ?? 0,
      cacheRead: numberOf(bag[semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]) ?? 0,
      cacheWrite: numberOf(semconv.getRenamed(bag, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS)) ?? 0,
      cacheWriteHour: numberOf(bag[semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS]) ?? 0,
      output: output ?? 0,
      reasoning: numberOf(bag[semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]) ?? 0,
    });
    if (amount === undefined) return undefined;
    if (found.own) return { amount, currency: inForce.currency, source: 'local' };
    // The bundled prices are those of the standard tier; a wrong cost would be worse than none.
    const tier = stringOf(bag[semconv.ATTR_ANNOTEL_SERVICE_TIER]);
    if (tier === undefined) return fromUsd(amount, 'local', inForce);
    this.reportTier(tier);
    return undefined;
  }

  private reportTier(tier: string): void {
    if (this.tiers.size >= MOST_TIERS || this.tiers.has(tier)) return;
    this.tiers.add(tier);
    infoOnce(
      `no price is known for the service tier ${tier}; its calls have no cost, unless a price of your own tells it`,
    );
  }

  private resolve(bag: Attributes, inForce: Settings): Resolved {
    if (inForce !== this.inForce || this.size >= MOST_MODELS) {
      this.remembered.clear();
      this.size = 0;
      this.inForce = inForce;
    }
    const provider = bag[semconv.ATTR_GEN_AI_PROVIDER_NAME];
    const responseModel = bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL];
    const requestModel = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
    // Nested, since a key made of all three would have to be hashed at every call.
    const ofProvider = within(this.remembered, provider);
    const ofModel = within(ofProvider, responseModel);
    const known = ofModel.get(requestModel);
    if (known && (known.until === Infinity || Date.now() < known.until)) return known;

    const named = stringOf(provider);
    // Bedrock charges by the id that was asked, which names the region, too; its answers name less, or nothing.
    const models = named?.includes('bedrock')
      ? modelNames(requestModel, responseModel)
      : modelNames(responseModel, requestModel);
    const found = this.find(named, models, inForce) ?? UNKNOWN;
    if (!known) this.size += 1;
    ofModel.set(requestModel, found);
    if (found === UNKNOWN) this.report(named, models);
    return found;
  }

  private report(provider: string | undefined, models: readonly string[]): void {
    if (models.length === 0 || !this.library || this.reports >= MOST_MODELS) return;
    this.reports += 1;
    const whose = provider === undefined ? '' : ` of ${provider}`;
    infoOnce(`no price is known for the model ${models.join(' or ')}${whose}; its calls have no cost`);
  }

  /** An own price of any of the models beats a bundled one; the earlier ones come first. */
  private find(provider: string | undefined, models: readonly string[], inForce: Settings): Resolved | undefined {
    for (const model of models) {
      const own = ownPrice(inForce.prices, provider, model);
      if (own) return { rates: ratesOf(own), own: true, until: Infinity };
    }
    if (provider !== undefined && SELF_HOSTED.test(provider)) return undefined;
    this.preload();
    const { library } = this;
    if (!library) return undefined;
    for (const model of models) {
      const bundled = safely('finding a price', () => bundledPrice(library, provider, model));
      if (bundled) return bundled;
    }
    return undefined;
  }
}

function within<V>(map: Map<unknown, Map<unknown, V>>, key: unknown): Map<unknown, V> {
  let inner = map.get(key);
  if (!inner) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

const require = createRequire(import.meta.url);
const bundled = new PriceTable(() => require('@pydantic/genai-prices') as PriceLibrary);

let isPrepared = false;

/** Loads the prices in a moment, where anybody listens by then: else the answer of the first call would wait for them. */
export function preparePrices(): void {
  if (isPrepared) return;
  isPrepared = true;
  setImmediate(() => activeSignals() && bundled.preload()).unref();
}

/** The price of a call, by its attributes; `undefined` where it is not known. */
export function priceOf(bag: Attributes): Price | undefined {
  return bundled.priceOf(bag);
}

/** Whether no model was asked, so that nothing was used and nothing is charged. */
export function isAnsweredBySemanticCache(bag: Attributes): boolean {
  return bag[semconv.ATTR_ANNOTEL_CACHE_TYPE] === 'semantic' && bag[semconv.ATTR_ANNOTEL_CACHE_HIT] === true;
}

/** The cost that stood in the answer itself. */
function reportedCost(bag: Attributes, inForce: Settings): Price | undefined {
  const amount = bag[semconv.ATTR_ANNOTEL_COST_AMOUNT];
  const currency = bag[semconv.ATTR_ANNOTEL_COST_CURRENCY];
  if (typeof amount !== 'number' || !Number.isFinite(amount) || typeof currency !== 'string') return undefined;
  return currency === USD ? fromUsd(amount, 'provider', inForce) : { amount, currency, source: 'provider' };
}

/** Without a rate an amount stays in USD: it would be wrong under the name of another currency. */
function fromUsd(amount: number, source: Price['source'], { currency, currencyRate }: Settings): Price {
  const isUsd = currency === USD || currencyRate === 1;
  return isUsd ? { amount, currency: USD, source } : { amount: amount * currencyRate, currency, source };
}

/** As they are and, of ARNs and of resource names of Google, the bare name. */
function modelNames(...models: unknown[]): string[] {
  const names = new Set<string>();
  for (const value of models) {
    const model = stringOf(value);
    if (model === undefined) continue;
    names.add(model);
    if (/^(arn:|models\/|publishers\/|projects\/)/.test(model)) names.add(model.slice(model.lastIndexOf('/') + 1));
  }
  return [...names];
}

function ownPrice(prices: Settings['prices'], provider: string | undefined, model: string): ModelPrice | undefined {
  const named = [`${provider}/${model}`, model].map((name) => (Object.hasOwn(prices, name) ? prices[name] : undefined));
  return named.find((price) => typeof price?.input === 'number');
}

/** A provider that the library knows sells its own models only; of any other, the model's name has to say whose it is. */
function bundledPrice(library: PriceLibrary, provider: string | undefined, model: string): Resolved | undefined {
  const named = provider === undefined ? undefined : (LIBRARY_PROVIDERS[provider] ?? provider);
  const providerId = named !== undefined && library.findProvider({ providerId: named }) ? named : undefined;
  const now = Date.now();
  const found = library.calcPrice({}, model, { providerId, timestamp: new Date(now) });
  const rates = found && compilePrice(found.model_price);
  if (!rates) return undefined;
  // Prices begin and end at whole minutes: of a day, or of the hours that are cheaper.
  const until = Array.isArray(found.model.prices) ? (Math.floor(now / MINUTE) + 1) * MINUTE : Infinity;
  return { rates, own: false, until };
}

// --- what a model charges ---------------------------------------------------------------------------------------------

/** A price per million tokens: one number, or another one from some length of the input on. */
type Rate = number | Tiers;

interface Tiers {
  readonly base: number;
  /** In ascending order of `start`. */
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

/** Tokens of a call; 0 where they are not known. */
interface Counts {
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
class Rates {
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
   * Cached and reasoning tokens are charged at their own price where there is one, and as plain input or output else. All
   * tokens of a call are charged at the tier that its input reaches, not only what exceeds it.
   *
   * @returns `undefined` where cached or reasoning tokens exceed the total that they are part of
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
function ratesOf({ input, output, cacheRead, cacheWrite, reasoning }: ModelPrice): Rates {
  return new Rates(input, cacheRead, cacheWrite, undefined, output ?? 0, reasoning, 0);
}

/**
 * A bundled price. An empty one is how the library marks a model as free.
 *
 * @returns `undefined` for a model that is sold by something other than tokens, such as hours of audio: token counts do not
 *   tell what it costs
 */
function compilePrice(price: BundledPrice): Rates | undefined {
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
