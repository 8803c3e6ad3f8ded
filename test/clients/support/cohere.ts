import { expect } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { CohereClientV2 } from 'cohere-ai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';
import { useWireServer } from '../../support/wire-server.js';

export const telemetry = useTelemetry();
export const server = useWireServer();

type Client = InstanceType<typeof CohereClientV2>;
type Chat = Parameters<Client['chat']>[0];
type Options = Parameters<Client['chat']>[1];

export class Undecorated {
  readonly client = new CohereClientV2({ token: 'key', environment: server.url, maxRetries: 0 });
  chat(request: Chat, options?: Options): ReturnType<Client['chat']> {
    return this.client.chat(request, options);
  }
  stream(request: Chat, options?: Options): ReturnType<Client['chatStream']> {
    return this.client.chatStream(request, options);
  }
  embed(request: Parameters<Client['embed']>[0]): ReturnType<Client['embed']> {
    return this.client.embed(request);
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override chat(request: Chat, options?: Options): ReturnType<Client['chat']> {
    return super.chat(request, options);
  }
  @LlmCall()
  override stream(request: Chat, options?: Options): ReturnType<Client['chatStream']> {
    return super.stream(request, options);
  }
  @Embedding()
  override embed(request: Parameters<Client['embed']>[0]): ReturnType<Client['embed']> {
    return super.embed(request);
  }
}

export const request: Chat = {
  model: 'command-a-03-2025',
  messages: [{ role: 'user', content: 'What is a xylophone?' }],
};
export const chat = (method: string): Attributes => ({
  'annotel.operation': 'chat',
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'cohere',
  'gen_ai.request.model': 'command-a-03-2025',
});
export const streamed = {
  ...chat('stream'),
  'gen_ai.request.stream': true,
  'gen_ai.response.id': '29f14a5a-11de-4cae-9800-25e4747408ea',
  'gen_ai.response.time_to_first_chunk': expect.any(Number) as unknown as number,
};
/** In US dollars, by the prices of command-a: 2.50 for a million input tokens, 10 for a million output tokens. */
export const cost = (amount: number): Attributes => ({
  'annotel.cost.amount': expect.closeTo(amount, 12) as unknown as number,
  'annotel.cost.currency': 'USD',
  'annotel.cost.source': 'local',
});
/** Nothing that anybody said is told while content is not captured. */
export const expectNoContent = (): void => {
  expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo/i);
};
export const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
