import { createOpenAI } from '@ai-sdk/openai';
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { embed, generateObject, generateText, jsonSchema, stepCountIs, streamText, type Telemetry, tool } from 'ai';
import { Agent, Embedding, LlmCall, ToolCall } from '../../lib/index.js';
import { measuredUsage } from '../support/model-usage.js';
import { useTelemetry } from '../support/telemetry.js';
import { json, recorded, useWireServer } from '../support/wire-server.js';

const telemetry = useTelemetry();
const server = useWireServer();
const global = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: Telemetry[] };
const openai = () => createOpenAI({ apiKey: 'key', baseURL: `${server.url}/v1` });
const gpt = () => openai().chat('gpt-4o');

const chat = (id: string, message: object, finishReason: string, input: number, output: number) =>
  json({
    id,
    object: 'chat.completion',
    created: 1741569952,
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: finishReason }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  });
const asksForWeather = () =>
  chat(
    'chatcmpl-asks',
    {
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
    },
    'tool_calls',
    80,
    20,
  );
const answers = () => chat('chatcmpl-answers', { content: 'It rains.' }, 'stop', 120, 5);

const city = jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } });
const weather = (execute: (input: { city: string }) => Promise<string>) =>
  tool({ description: 'Tells the weather.', inputSchema: city, execute });

class Undecorated {
  async text(): Promise<string> {
    return (await generateText({ model: gpt(), prompt: 'Say hello.' })).text;
  }
  whole() {
    return generateText({ model: gpt(), prompt: 'Say hello.' });
  }
  async *streamed(): AsyncGenerator<string> {
    yield* streamText({ model: gpt(), prompt: 'Say hello.' }).textStream;
  }
  stream() {
    return streamText({ model: gpt(), prompt: 'Say hello.' });
  }
  async object(): Promise<unknown> {
    return (await generateObject({ model: gpt(), prompt: 'Where?', schema: city })).object;
  }
  async steps(execute: (input: { city: string }) => Promise<string>): Promise<string> {
    const tools = { weather: weather(execute) };
    return (await generateText({ model: gpt(), prompt: 'Weather?', tools, stopWhen: stepCountIs(3) })).text;
  }
  async vector(): Promise<number[]> {
    return (await embed({ model: openai().embedding('text-embedding-3-small'), value: 'hello' })).embedding;
  }
}
class Model extends Undecorated {
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override text() {
    return super.text();
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override whole() {
    return super.whole();
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override streamed() {
    return super.streamed();
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override stream() {
    return super.stream();
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override object() {
    return super.object();
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  override steps(execute: (input: { city: string }) => Promise<string>) {
    return super.steps(execute);
  }
  @Embedding({ provider: 'openai', model: 'text-embedding-3-small' })
  override vector() {
    return super.vector();
  }
  @ToolCall('look_up')
  lookUp(): Promise<string> {
    return this.text();
  }
  @Agent('weatherman')
  agent(): Promise<string> {
    return super.text();
  }
}
const model = new Model();

const names = (): string[] => telemetry.spans.map(({ name }) => name);
const usage = (index = 0) => {
  const attributes = telemetry.spans[index]?.attributes;
  return [attributes?.['gen_ai.usage.input_tokens'], attributes?.['gen_ai.usage.output_tokens']];
};

describe.each<[string, () => Telemetry]>([
  ['OpenTelemetry', () => new OpenTelemetry()],
  ['LegacyOpenTelemetry', () => new LegacyOpenTelemetry()],
])('with %s registered', (kind, integration) => {
  beforeEach(() => {
    global.AI_SDK_TELEMETRY_INTEGRATIONS = [integration()];
  });
  afterEach(() => {
    delete global.AI_SDK_TELEMETRY_INTEGRATIONS;
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a text', () => model.text()],
    ['a whole result', () => model.whole()],
  ])('a decorated call that returns %s is one call', async (_what, call) => {
    server.reply(recorded('openai/chat-completion.json'));
    await call();
    expect(telemetry.span).toMatchObject({ name: 'chat gpt-4o', kind: 'CLIENT' });
    expect(usage()).toEqual([1117, 46]);
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai' });
    expect(await measuredUsage(telemetry)).toEqual({ input: 1117, output: 46, calls: 1 });
  });

  test.each<[string, () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>]>([
    ['pieces of text', () => model.streamed()],
    ['the whole result', () => model.stream().textStream],
  ])('a decorated call that streams %s is one call', async (_what, call) => {
    server.reply(recorded('openai/chat-completion-stream.sse'));
    const pieces: unknown[] = [];
    for await (const piece of await call()) pieces.push(piece);
    expect(pieces.join('')).toBe('Hello! How can I help?');
    expect(names()).toEqual(['chat gpt-4o']);
    expect(usage()).toEqual([19, 10]);
    expect(await measuredUsage(telemetry)).toEqual({ input: 19, output: 10, calls: 1 });
  });

  test('a decorated call for an object is one call', async () => {
    server.reply(chat('chatcmpl-object', { content: '{"city":"Oslo"}' }, 'stop', 30, 7));
    expect(await model.object()).toEqual({ city: 'Oslo' });
    expect(names()).toEqual(['chat gpt-4o']);
    expect(usage()).toEqual([30, 7]);
    expect(await measuredUsage(telemetry)).toEqual({ input: 30, output: 7, calls: 1 });
  });

  test('a decorated call of several steps adds them up, and its tools are spans below it', async () => {
    server.reply(asksForWeather(), answers());
    expect(await model.steps(async () => 'rain')).toBe('It rains.');
    expect(names()).toEqual([kind === 'OpenTelemetry' ? 'execute_tool weather' : 'ai.toolCall', 'chat gpt-4o']);
    expect(telemetry.spans[0]?.parent).toBe('chat gpt-4o');
    expect(usage(1)).toEqual([200, 25]);
    expect(await measuredUsage(telemetry)).toMatchObject({ input: 200, output: 25, calls: 1 });
  });

  test.each<[string, () => Promise<string>, string[]]>([
    ['by itself', () => model.text(), ['chat gpt-4o']],
    ['within a tool of its own', () => model.lookUp(), ['chat gpt-4o', 'execute_tool look_up']],
  ])('a model call that a tool makes %s is another call', async (_way, execute, below) => {
    server.reply(asksForWeather(), recorded('openai/chat-completion.json'), answers());
    await model.steps(execute);
    const tool = kind === 'OpenTelemetry' ? 'execute_tool weather' : 'ai.toolCall';
    expect(names()).toEqual([...below, tool, 'chat gpt-4o']);
    expect(telemetry.spans[below.length - 1]?.parent).toBe(tool);
    expect(usage()).toEqual([1117, 46]);
    expect(usage(below.length + 1)).toEqual([200, 25]);
    expect(await measuredUsage(telemetry)).toMatchObject({ input: 1317, output: 71, calls: 2 });
  });

  test('a model call that a tool makes without a decorator is told by the framework', async () => {
    server.reply(asksForWeather(), recorded('openai/chat-completion.json'), answers());
    await model.steps(() => new Undecorated().text());
    expect(names()).toHaveLength(kind === 'OpenTelemetry' ? 5 : 4);
    expect(names().at(-1)).toBe('chat gpt-4o');
    expect(usage(names().length - 1)).toEqual([200, 25]);
  });

  test('an agent keeps its own span and those of the framework', async () => {
    server.reply(recorded('openai/chat-completion.json'));
    await model.agent();
    expect(names().length).toBeGreaterThan(2);
    expect(names().at(-1)).toBe('invoke_agent weatherman');
  });

  test('a decorated embedding is one call', async () => {
    server.reply(
      json({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2, 0.3, 0.4] }],
        model: 'text-embedding-3-small',
        usage: { prompt_tokens: 16, total_tokens: 16 },
      }),
    );
    expect(await model.vector()).toHaveLength(4);
    expect(telemetry.span).toMatchObject({ name: 'embeddings text-embedding-3-small' });
    expect(telemetry.span.attributes['gen_ai.usage.input_tokens']).toBe(16);
    expect(await measuredUsage(telemetry)).toEqual({ input: 16, output: 0, calls: 1 });
  });

  test('a call that nobody decorated is told by the framework', async () => {
    server.reply(recorded('openai/chat-completion.json'), recorded('openai/chat-completion.json'));
    await new Undecorated().text();
    const before = names();
    await model.text();
    expect(before).toEqual(
      kind === 'OpenTelemetry'
        ? ['chat gpt-4o', 'step 1', 'invoke_agent gpt-4o']
        : ['ai.generateText.doGenerate', 'ai.generateText'],
    );
    expect(names()).toEqual([...before, 'chat gpt-4o']);
  });
});
