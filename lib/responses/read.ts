import { openAIReader } from './openai.js';
import type { ModelResponse, ResponseFold, ResponseReader, Wanted } from './response.js';

/** One reader per family of providers, asked in this order. */
const READERS: readonly ResponseReader[] = [openAIReader];

/** Reads an answer of any known family; `undefined` where its shape is unknown. */
export function readResponse(answer: unknown, wanted: Wanted): ModelResponse | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  for (const reader of READERS) {
    const response = reader.read(answer, wanted);
    if (response) return response;
  }
  return undefined;
}

/** Folds a stream of any known family: the first chunk that a reader recognises decides which. */
export class StreamedResponse {
  private fold: ResponseFold | undefined;

  constructor(private readonly wanted: Wanted) {}

  add(chunk: unknown): void {
    if (typeof chunk !== 'object' || chunk === null) return;
    if (!this.fold) {
      for (const reader of READERS) {
        this.fold = reader.startFold(chunk, this.wanted);
        if (this.fold) break;
      }
    }
    this.fold?.add(chunk);
  }

  value(): ModelResponse | undefined {
    return this.fold?.response();
  }
}
