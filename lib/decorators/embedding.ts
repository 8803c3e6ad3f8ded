import { MODEL_CALL_OPTIONS, type ModelCallOptions, modelCall } from '../genai/model-call.js';
import { OPERATION_EMBEDDINGS } from '../genai/semconv.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link Embedding}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export type EmbeddingOptions<A extends unknown[] = any[], V = any> = ModelCallOptions<A, V>;

/**
 * A call that turns texts into vectors. Model, tokens and dimensions are read from the request and the answer.
 *
 * Span: `embeddings {model}`, kind CLIENT (GenAI conventions, embeddings span).
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Index {
 *   @Embedding({ provider: 'openai', model: 'text-embedding-3-small' })
 *   embed(input: string[]) {
 *     return client.embeddings.create({ model: 'text-embedding-3-small', input });
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Embedding<A extends unknown[] = any[], V = any>(
  providerOrOptions: string | EmbeddingOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options = typeof providerOrOptions === 'string' ? { provider: providerOrOptions } : providerOrOptions;
  if (!isOptions(options)) throw wrongOptions('Embedding', "@Embedding('openai')", options);
  const operation = modelCall(OPERATION_EMBEDDINGS, options);
  return observingDecorator({ decorator: 'Embedding', options, known: MODEL_CALL_OPTIONS }, operation);
}
