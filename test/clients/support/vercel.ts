import { createOpenAI } from '@ai-sdk/openai';
import { jsonSchema, Output, stepCountIs, streamObject, streamText, tool } from 'ai';
import { LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';
import { useWireServer } from '../../support/wire-server.js';

/* Streamed calls of the Vercel AI SDK through `@ai-sdk/openai`, against a local server, and the ways to read them. */

export const telemetry = useTelemetry();
export const wire = useWireServer();

export const openai = () => createOpenAI({ apiKey: 'none', baseURL: `${wire.url}/v1` });
const quiet = { maxRetries: 0, onError() {} };
export const place = jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } });
export const location = jsonSchema<{ location: string }>({
  type: 'object',
  properties: { location: { type: 'string' } },
});

export class Undecorated {
  text(more: object = {}) {
    return streamText({ model: openai().chat('gpt-4o'), prompt: 'Hi', ...quiet, ...more });
  }
  thinking() {
    return streamText({ model: openai()('o4-mini'), prompt: 'Six times seven?', ...quiet });
  }
  steps(weather: () => Promise<string> = async () => 'Rain') {
    const tools = { get_current_weather: tool({ inputSchema: location, execute: weather }) };
    return streamText({ model: openai().chat('gpt-4o'), prompt: 'Rain?', tools, stopWhen: stepCountIs(3), ...quiet });
  }
  typed() {
    const output = Output.object({ schema: place });
    return streamText({ model: openai().chat('gpt-4o'), prompt: 'Where?', output, ...quiet });
  }
  object() {
    return streamObject({ model: openai().chat('gpt-4o'), prompt: 'Where?', schema: place, ...quiet });
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override text(more: object = {}) {
    return super.text(more);
  }
  @LlmCall()
  override thinking() {
    return super.thinking();
  }
  @LlmCall()
  override steps(weather?: () => Promise<string>) {
    return super.steps(weather);
  }
  @LlmCall()
  override typed() {
    return super.typed();
  }
  @LlmCall()
  override object() {
    return super.object();
  }
}
export type Result = ReturnType<Undecorated['text']>;

export const TEXT = 'openai/chat-completion-stream.sse';
export const answered = {
  'annotel.operation': 'chat',
  'code.function.name': 'Model.text',
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.stream': true,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.response.id': 'chatcmpl-123abcStreamed',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.time_to_first_chunk': expect.any(Number),
  'gen_ai.usage.cache_read.input_tokens': 0,
  'gen_ai.usage.input_tokens': 19,
  'gen_ai.usage.output_tokens': 10,
  'gen_ai.usage.reasoning.output_tokens': 0,
};

export const read = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
export const firstOf = async (stream: AsyncIterable<unknown>): Promise<unknown> => {
  for await (const item of stream) return item;
  return undefined;
};
export const firstText = async (stream: AsyncIterable<{ type: string }>): Promise<void> => {
  for await (const { type } of stream) if (type === 'text-delta') return;
};
export const typesOf = async (stream: AsyncIterable<{ type: string }>): Promise<unknown[]> =>
  (await read(stream)).map((part) => (part as { type: string }).type);

export const tick = () => new Promise((resolve) => setImmediate(resolve));
/** Cancelling passes through the streams of the SDK in its own time. */
export async function settled(done: () => boolean): Promise<void> {
  for (let round = 0; round < 100 && !done(); round++) await tick();
}
