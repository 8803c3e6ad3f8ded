import type { OptionNames } from '../call/options.js';
import { MODEL_CALL_OPTIONS, type ModelCallOptions, modelCall } from '../genai/model-call.js';
import { OPERATION_CHAT } from '../genai/semconv.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link LlmCall}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface LlmCallOptions<A extends unknown[] = any[], V = any> extends ModelCallOptions<A, V> {
  /** `gen_ai.operation.name`. Default `chat`. */
  operation?: 'chat' | 'text_completion' | 'generate_content';
}

const OPTIONS: OptionNames<LlmCallOptions> = { ...MODEL_CALL_OPTIONS, operation: true };

/**
 * One call to a language model, streaming or not. Model, ids, finish reasons, tokens and timings are read from the request
 * and from what the provider's client returns; a stream is read as its consumer reads it.
 *
 * Span: `chat {model}`, kind CLIENT (GenAI conventions, inference span).
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Answers {
 *   @LlmCall({ provider: 'openai' })
 *   answer(question: string) {
 *     const messages = [{ role: 'user' as const, content: question }];
 *     return client.chat.completions.create(llmRequest({ model: 'gpt-4o', messages }));
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function LlmCall<A extends unknown[] = any[], V = any>(
  providerOrOptions: string | LlmCallOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options: LlmCallOptions<A, V> =
    typeof providerOrOptions === 'string' ? { provider: providerOrOptions } : providerOrOptions;
  if (!isOptions(options)) throw wrongOptions('LlmCall', "@LlmCall('openai')", options);
  const operation = modelCall(options.operation ?? OPERATION_CHAT, options);
  return observingDecorator({ decorator: 'LlmCall', options, known: OPTIONS }, operation);
}
