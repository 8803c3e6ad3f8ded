import type { ModelResponse, ResponseFold, ResponseReader, Wanted } from '../answer.js';
import { anthropicReader } from './anthropic/answer.js';
import { azureInferenceReader } from './azure-inference/answer.js';
import { bedrockReader } from './bedrock/answer.js';
import { cohereReader } from './cohere/answer.js';
import { geminiReader } from './gemini/answer.js';
import { langChainReader } from './langchain/answer.js';
import { mistralReader } from './mistral/answer.js';
import { ollamaReader } from './ollama/answer.js';
import { openAIReader } from './openai/answer.js';
import { vercelReader } from './vercel/answer.js';

/** One reader per family of providers, asked in this order. No answer is known to two of them. */
export const FAMILIES: readonly ResponseReader[] = [
  // The first: answers of its client warn on the console when their `data` or `text` is read, as others do.
  geminiReader,
  // Before the others: to ask its streamed results for a member may start them.
  vercelReader,
  bedrockReader,
  anthropicReader,
  // The answers of Mistral's client look like OpenAI's, too.
  inOrder(mistralReader, openAIReader),
  azureInferenceReader,
  ollamaReader,
  cohereReader,
  langChainReader,
];

function inOrder(first: ResponseReader, second: ResponseReader): ResponseReader {
  return {
    read: (answer, wanted) => first.read(answer, wanted) ?? second.read(answer, wanted),
    startFold: (chunk, wanted) => first.startFold(chunk, wanted) ?? second.startFold(chunk, wanted),
  };
}

/** The last answer of a method that was known: to whom, and of which class it was. */
export interface LastKnown {
  reader?: ResponseReader;
  prototype?: unknown;
}

/**
 * Reads an answer of any known family; `undefined` where its shape is unknown.
 *
 * @param last what is remembered of the method: whoever knew its last answer is asked first for the next of the same class.
 * For another class the order stands, since the getters of one may do more than tell.
 */
export function readResponse(answer: unknown, wanted: Wanted, last: LastKnown = {}): ModelResponse | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(answer);
  const likely = prototype === last.prototype ? last.reader : undefined;
  const expected = likely?.read(answer, wanted);
  if (expected) return expected;
  for (const reader of FAMILIES) {
    const response = reader === likely ? undefined : reader.read(answer, wanted);
    if (!response) continue;
    last.reader = reader;
    last.prototype = prototype;
    return response;
  }
  return undefined;
}

/** So many chunks may tell nothing yet; a stream that goes on is of no known family. */
const MOST_UNKNOWN = 64;

/** Folds a stream of any known family: the first chunk that a reader recognises decides which. */
export class StreamedResponse {
  private fold: ResponseFold | undefined;
  private unknown = 0;

  constructor(private readonly wanted: Wanted) {}

  add(chunk: unknown): void {
    if (typeof chunk !== 'object' || chunk === null) return;
    this.fold ??= this.start(chunk);
    this.fold?.add(chunk);
  }

  private start(chunk: object): ResponseFold | undefined {
    if (this.unknown === MOST_UNKNOWN) return undefined;
    this.unknown += 1;
    for (const reader of FAMILIES) {
      const fold = reader.startFold(chunk, this.wanted);
      if (fold) return fold;
    }
    return undefined;
  }

  value(): ModelResponse | undefined {
    return this.fold?.response();
  }
}
