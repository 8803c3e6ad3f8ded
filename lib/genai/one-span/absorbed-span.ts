import type { Attributes, AttributeValue, Span, SpanContext } from '@opentelemetry/api';
import type { Owner } from '../../call/operation.js';
import * as semconv from '../semconv.js';
import { addsTo, type Layer } from './owner.js';

const USAGE = semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS.replace('input_tokens', '');
/** What a layer may add of the answer. Others have names such as `gen_ai.response.text` for the model's text. */
const RESPONSE: ReadonlySet<string> = new Set([
  semconv.ATTR_GEN_AI_RESPONSE_ID,
  semconv.ATTR_GEN_AI_RESPONSE_MODEL,
  semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
]);

/** Token counts, by what follows the prefix in the names that instrumentations give them, of old and of late. */
const USAGE_NAMES: Readonly<Record<string, string | semconv.Renamed>> = {
  input_tokens: semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  prompt_tokens: semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  output_tokens: semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  completion_tokens: semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  'cache_read.input_tokens': semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  cache_read_input_tokens: semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  'cache_creation.input_tokens': semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  cache_creation_input_tokens: semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  'cache_write.input_tokens': semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  'reasoning.output_tokens': semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
};

/** What a layer takes the call for. */
const GUESSES: ReadonlySet<string> = new Set([semconv.ATTR_GEN_AI_PROVIDER_NAME, semconv.ATTR_GEN_AI_REQUEST_MODEL]);

/**
 * A layer that sees the same call as its owner. Where a layer below it has added the usage already, it keeps its own to
 * itself: that is the same again, or a total.
 */
class AbsorbedLayer implements Layer {
  isOpen = true;
  readonly learned: Attributes = {};
  readonly guesses: Attributes = {};
  private hasAddedUsage = false;

  /** @param above who it adds to: the owner, or a layer between */
  constructor(
    readonly owner: Owner,
    private readonly above: Owner,
  ) {}

  get spanContext(): SpanContext {
    return this.owner.spanContext;
  }

  addNested(attributes: Attributes): void {
    if (Object.keys(attributes).some(isUsage)) this.hasAddedUsage = true;
    this.above.addNested(attributes);
  }

  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { learned, hasAddedUsage } = this;
    const added: Attributes = { ...this.guesses };
    for (const key in learned) if (!hasAddedUsage || !isUsage(key)) added[key] = learned[key];
    this.above.addNested(added);
  }

  learn(key: string, value: AttributeValue | undefined): void {
    if (value === undefined || value === null) return;
    if (isUsage(key)) {
      // Whatever a layer takes for a count.
      if (!isCount(value)) return;
      const name = USAGE_NAMES[key.slice(USAGE.length)];
      if (typeof name === 'string') this.learned[name] = value;
      else if (name) semconv.setRenamed(this.learned, name, value);
    } else if (RESPONSE.has(key)) this.learned[key] = value;
    else if (GUESSES.has(key)) this.guesses[key] = value;
    // What says the same under names of the layer's own: of the Anthropic client, and of the Vercel AI SDK.
    else if (key === 'anthropic.message.stop_reason') {
      this.learned[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = [String(value)];
    } else if (key === 'ai.usage.tokens' && isCount(value))
      this.learned[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] = value;
  }
}

function isCount(value: AttributeValue): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isUsage(key: string): boolean {
  return key.startsWith(USAGE);
}

/**
 * What a layer below the owner gets in place of a span of its own. It has the owner's ids, so that what runs below becomes a
 * child of the owner's span, and records nothing; what is set on it of answer and usage is added to the owner's when it ends.
 * It says that it records even where the owner's span does not: else the layer would keep to itself the token counts,
 * which metrics need of every call.
 */
export class AbsorbedSpan implements Span {
  readonly #layer: AbsorbedLayer;

  /**
   * @param above who it adds to: the owner, or a layer between
   * @param attributes those that the layer starts its span with
   */
  constructor(owner: Owner, above: Owner, attributes: Attributes) {
    this.#layer = new AbsorbedLayer(owner, above);
    addsTo(this, this.#layer);
    this.setAttributes(attributes);
  }

  spanContext(): SpanContext {
    return this.#layer.spanContext;
  }

  isRecording(): boolean {
    return this.#layer.isOpen;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#layer.isOpen) this.#layer.learn(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const key in attributes) this.setAttribute(key, attributes[key] as AttributeValue);
    return this;
  }

  end(): void {
    this.#layer.end();
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}
}
