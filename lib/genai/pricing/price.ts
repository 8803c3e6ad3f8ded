import { createRequire } from 'node:module';
import type { Attributes } from '@opentelemetry/api';
import { infoOnce, safely } from '../../safely.js';
import { type ModelPrice, type Settings, settings } from '../../settings.js';
import * as semconv from '../semconv.js';
import { compilePrice, type Rates, ratesOf } from './rates.js';

/*
 * What a model call cost. Own prices (`settings().prices`) are in the configured currency; the bundled ones of
 * `@pydantic/genai-prices` are in USD. Nothing is rounded. What is not known costs nothing known: no amount, not zero.
 */

/** What a call cost, in units of an ISO 4217 currency. */
export interface Price {
  readonly amount: number;
  readonly currency: string;
  /** `provider` where the answer told it, `local` where it was computed here. */
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
  private chosen: Settings | undefined;

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
   * @returns `undefined` where the model is unknown, the answer told no usage, or its counts contradict each other
   */
  priceOf(bag: Attributes): Price | undefined {
    const chosen = settings();
    if (isAnsweredBySemanticCache(bag)) return fromUsd(0, 'local', chosen);
    if (bag[semconv.ATTR_ANNOTEL_COST_SOURCE] === 'provider') return told(bag, chosen);

    const input = numberOf(bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]);
    const output = numberOf(bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]);
    if (input === undefined && output === undefined) return undefined;
    const found = this.resolve(bag, chosen);
    const amount = found.rates?.amount({
      input: input ?? 0,
      cacheRead: numberOf(bag[semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]) ?? 0,
      cacheWrite: numberOf(semconv.getRenamed(bag, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS)) ?? 0,
      cacheWriteHour: numberOf(bag[semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS]) ?? 0,
      output: output ?? 0,
      reasoning: numberOf(bag[semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]) ?? 0,
    });
    if (amount === undefined || (!found.own && this.isSoldOtherwise(bag))) return undefined;
    return found.own ? { amount, currency: chosen.currency, source: 'local' } : fromUsd(amount, 'local', chosen);
  }

  /** The bundled prices are those of the standard tier; a wrong cost would be worse than none. */
  private isSoldOtherwise(bag: Attributes): boolean {
    const tier = textOf(bag[semconv.ATTR_ANNOTEL_SERVICE_TIER]);
    if (tier === undefined) return false;
    if (this.tiers.size < MOST_TIERS && !this.tiers.has(tier)) {
      this.tiers.add(tier);
      infoOnce(
        `no price is known for the service tier ${tier}; its calls have no cost, unless a price of your own tells it`,
      );
    }
    return true;
  }

  private resolve(bag: Attributes, chosen: Settings): Resolved {
    if (chosen !== this.chosen || this.size >= MOST_MODELS) {
      this.remembered.clear();
      this.size = 0;
      this.chosen = chosen;
    }
    const provider = bag[semconv.ATTR_GEN_AI_PROVIDER_NAME];
    const answered = bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL];
    const asked = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
    // Nested, since a key made of all three would have to be hashed at every call.
    const ofProvider = within(this.remembered, provider);
    const ofModel = within(ofProvider, answered);
    const known = ofModel.get(asked);
    if (known && (known.until === Infinity || Date.now() < known.until)) return known;

    const named = textOf(provider);
    // Bedrock charges by the id that was asked, which tells the region, too; its answers tell less, or nothing.
    const models = named?.includes('bedrock') ? modelNames(asked, answered) : modelNames(answered, asked);
    const found = this.find(named, models, chosen) ?? UNKNOWN;
    if (!known) this.size += 1;
    ofModel.set(asked, found);
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
  private find(provider: string | undefined, models: readonly string[], chosen: Settings): Resolved | undefined {
    for (const model of models) {
      const own = ownPrice(chosen.prices, provider, model);
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

/** The price of a call, by its attributes; `undefined` where it is not known. */
export function priceOf(bag: Attributes): Price | undefined {
  return bundled.priceOf(bag);
}

/** Whether no model was asked, so that nothing was used and nothing is charged. */
export function isAnsweredBySemanticCache(bag: Attributes): boolean {
  return bag[semconv.ATTR_ANNOTEL_CACHE_TYPE] === 'semantic' && bag[semconv.ATTR_ANNOTEL_CACHE_HIT] === true;
}

/** Cost that the answer itself told. */
function told(bag: Attributes, chosen: Settings): Price | undefined {
  const amount = bag[semconv.ATTR_ANNOTEL_COST_AMOUNT];
  const currency = bag[semconv.ATTR_ANNOTEL_COST_CURRENCY];
  if (typeof amount !== 'number' || !Number.isFinite(amount) || typeof currency !== 'string') return undefined;
  return currency === USD ? fromUsd(amount, 'provider', chosen) : { amount, currency, source: 'provider' };
}

/** Without a rate an amount stays in USD: it would be wrong under the name of another currency. */
function fromUsd(amount: number, source: Price['source'], { currency, currencyRate }: Settings): Price {
  const isUsd = currency === USD || currencyRate === 1;
  return isUsd ? { amount, currency: USD, source } : { amount: amount * currencyRate, currency, source };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** As they are and, of ARNs and of resource names of Google, the bare name. */
function modelNames(...models: unknown[]): string[] {
  const names = new Set<string>();
  for (const value of models) {
    const model = textOf(value);
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
