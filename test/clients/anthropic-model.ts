import Anthropic from '@anthropic-ai/sdk';
import type { Attributes } from '@opentelemetry/api';
import { LlmCall } from '../../lib/index.js';
import type { WireServer } from '../support/wire-server.js';

export type Request = Anthropic.MessageCreateParamsNonStreaming;
export type Streamed = Anthropic.MessageCreateParamsStreaming;

let server: WireServer;
/** Where the models of a file ask. */
export function useServer(wire: WireServer): WireServer {
  server = wire;
  return wire;
}

/** Made anew for each call: the client asks for its tracer when it is made, and each test has an SDK of its own. */
const client = () => new Anthropic({ apiKey: 'key', baseURL: server.url, maxRetries: 0 });

export class Undecorated {
  ask(request: Request) {
    return client().messages.create(request);
  }
  stream(request: Streamed) {
    return client().messages.create(request);
  }
  helper(request: Request) {
    return client().messages.stream(request);
  }
  async text(request: Request): Promise<string> {
    const { content } = await client().messages.create(request);
    return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  }
  async streamedText(request: Request): Promise<string> {
    return client().messages.stream(request).finalText();
  }
  async *texts(request: Streamed): AsyncGenerator<string> {
    for await (const event of await client().messages.create(request)) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
    }
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override ask(request: Request) {
    return super.ask(request);
  }
  @LlmCall()
  override stream(request: Streamed) {
    return super.stream(request);
  }
  @LlmCall()
  override helper(request: Request) {
    return super.helper(request);
  }
  @LlmCall({ provider: 'anthropic' })
  override text(request: Request) {
    return super.text(request);
  }
  @LlmCall({ provider: 'anthropic' })
  override streamedText(request: Request) {
    return super.streamedText(request);
  }
  @LlmCall({ provider: 'anthropic' })
  override texts(request: Streamed) {
    return super.texts(request);
  }
}

export const request: Request = {
  model: 'claude-sonnet-5',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'What is a xylophone?' }],
};
export const streaming: Streamed = { ...request, stream: true };
export const model = new Model();
export const plain = new Undecorated();

export const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
export const answered = (id: string, reason: string, usage: Attributes): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-5',
  'gen_ai.response.finish_reasons': [reason],
  'gen_ai.response.id': id,
  'gen_ai.response.model': 'claude-sonnet-5-20260815',
  ...usage,
});
export const tokens = (input: number, output: number): Attributes => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});
