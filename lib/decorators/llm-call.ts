import { type ModelCallOptions, modelCall } from '../genai/model-call.js';
import { OPERATION_CHAT } from '../genai/semconv.js';
import { type MethodDecorator, methodDecorator, observeSite } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link LlmCall}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface LlmCallOptions<A extends unknown[] = any[], V = any> extends ModelCallOptions<A, V> {
  /** `gen_ai.operation.name`. Default `chat`. */
  operation?: 'chat' | 'text_completion' | 'generate_content';
}

/**
 * One call to a language model, streaming or not. Model, ids, finish reasons, tokens and timings are read from the request
 * and from what the provider's client returns; a stream is read as its consumer reads it.
 *
 * Span: `chat {model}`, kind CLIENT (GenAI conventions, inference span).
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function
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
  options: LlmCallOptions<A, V> = {},
): MethodDecorator<A, V> {
  if (!isOptions(options)) throw wrongOptions('LlmCall', "@LlmCall({ provider: 'openai' })", options);
  const operation = modelCall(options.operation ?? OPERATION_CHAT, options);
  return methodDecorator('LlmCall', (site) => observeSite('LlmCall', site, operation));
}
