import { expect } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { type ChatRequest, type GenerateRequest, Ollama } from 'ollama';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';
import { useWireServer } from '../../support/wire-server.js';

export const telemetry = useTelemetry();
export const server = useWireServer();

type Chat = Omit<ChatRequest, 'stream'>;
type Completion = Omit<GenerateRequest, 'stream'>;

export class Undecorated {
  readonly client = new Ollama({ host: server.url });
  chat(request: Chat) {
    return this.client.chat(request);
  }
  generate(request: Completion) {
    return this.client.generate(request);
  }
  chatStream(request: Chat) {
    return this.client.chat({ ...request, stream: true });
  }
  generateStream(request: Completion) {
    return this.client.generate({ ...request, stream: true });
  }
  embed(model: string, input: string[]) {
    return this.client.embed({ model, input });
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override chat(request: Chat) {
    return super.chat(request);
  }
  @LlmCall({ operation: 'text_completion' })
  override generate(request: Completion) {
    return super.generate(request);
  }
  @LlmCall()
  override chatStream(request: Chat) {
    return super.chatStream(request);
  }
  @LlmCall({ operation: 'text_completion' })
  override generateStream(request: Completion) {
    return super.generateStream(request);
  }
  @Embedding({ model: (model) => model })
  override embed(model: string, input: string[]) {
    return super.embed(model, input);
  }
}

const messages = [{ role: 'user', content: 'What is a xylophone?' }];
export const chat = { model: 'qwen3:8b', messages };
export const completion = { model: 'qwen3:8b', prompt: 'What is a xylophone?' };
export const call = (operation: string, method: string): Attributes => ({
  'annotel.operation': operation,
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': operation,
  'gen_ai.provider.name': 'ollama',
  'gen_ai.request.model': 'qwen3:8b',
  'gen_ai.response.model': 'qwen3:8b',
});
export const streamed = {
  'gen_ai.request.stream': true,
  'gen_ai.response.time_to_first_chunk': expect.any(Number) as unknown as number,
};
/** Nothing that anybody said is told while content is not captured. */
export const expectNoContent = (): void => {
  expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo/i);
};
export const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
