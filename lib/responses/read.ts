import { anthropicReader } from './anthropic.js';
import { azureInferenceReader } from './azure-inference.js';
import { bedrockReader } from './bedrock.js';
import { cohereReader } from './cohere.js';
import { geminiReader } from './gemini.js';
import { langChainReader } from './langchain.js';
import { mistralReader } from './mistral.js';
import { ollamaReader } from './ollama.js';
import { openAIReader } from './openai.js';
import type { ModelResponse, ResponseFold, ResponseReader, Wanted } from './response.js';
import { vercelReader } from './vercel.js';

/** One reader per family of providers, asked in this order. */
const READERS: readonly ResponseReader[] = [
  // The first: answers of its client warn on the console when their `data` or `text` is read, as others do.
  geminiReader,
  // Before the others: to ask its streamed results for a member may start them.
  vercelReader,
  bedrockReader,
  anthropicReader,
  mistralReader,
  openAIReader,
  azureInferenceReader,
  ollamaReader,
  cohereReader,
  langChainReader,
];

/** Reads an answer of any known family; `undefined` where its shape is unknown. */
export function readResponse(answer: unknown, wanted: Wanted): ModelResponse | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  for (const reader of READERS) {
    const response = reader.read(answer, wanted);
    if (response) return response;
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
    for (const reader of READERS) {
      const fold = reader.startFold(chunk, this.wanted);
      if (fold) return fold;
    }
    return undefined;
  }

  value(): ModelResponse | undefined {
    return this.fold?.response();
  }
}
