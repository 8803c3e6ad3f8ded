import { Injectable } from '@nestjs/common';
import { Embedding, LlmCall, llmRequest } from 'annotel';
import OpenAI from 'openai';
import type { Stream } from 'openai/streaming';
import { settings } from './settings.js';

type ChatRequest = OpenAI.ChatCompletionCreateParamsStreaming;
type ChatChunks = Stream<OpenAI.ChatCompletionChunk>;

/** The two models of the app: one makes vectors, one writes answers. */
@Injectable()
export class ModelClient {
  constructor(private readonly openai: OpenAI) {}

  @Embedding({ provider: 'openai' })
  embed(texts: string[]): Promise<OpenAI.CreateEmbeddingResponse> {
    // Built in here, so annotel is told about it; `generate` needs no such hint, since its argument is the request.
    const request = llmRequest({ model: settings.embeddingModel, dimensions: settings.dimensions, input: texts });
    return this.openai.embeddings.create(request);
  }

  @LlmCall({ provider: 'openai' })
  generate(request: ChatRequest): Promise<ChatChunks> {
    return this.openai.chat.completions.create(request);
  }
}
