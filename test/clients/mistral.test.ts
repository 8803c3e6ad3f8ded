import { describe, expect, test } from '@jest/globals';
import { Mistral } from '@mistralai/mistralai';
import type { ChatCompletionRequest, CompletionEvent, EmbeddingRequest } from '@mistralai/mistralai/models/components';
import { Embedding, LlmCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer } from '../support/wire-server.js';

type Attributes = Record<string, unknown>;

const telemetry = useTelemetry();
const server = useWireServer();

interface Abort {
  fetchOptions?: RequestInit;
}

class Undecorated {
  private readonly client = new Mistral({ apiKey: 'key', serverURL: server.url });
  ask(request: ChatCompletionRequest) {
    return this.client.chat.complete(request);
  }
  stream(request: ChatCompletionRequest, options?: Abort) {
    return this.client.chat.stream(request, options);
  }
  embed(request: EmbeddingRequest) {
    return this.client.embeddings.create(request);
  }
}
class Model extends Undecorated {
  @LlmCall()
  override ask(request: ChatCompletionRequest) {
    return super.ask(request);
  }
  @LlmCall()
  override stream(request: ChatCompletionRequest, options?: Abort) {
    return super.stream(request, options);
  }
  @Embedding()
  override embed(request: EmbeddingRequest) {
    return super.embed(request);
  }
}

const request: ChatCompletionRequest = {
  model: 'mistral-large-latest',
  messages: [{ role: 'user', content: 'What is a xylophone?' }],
};
const chat = (method: string): Attributes => ({
  'annotel.operation': 'chat',
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'mistral_ai',
  'gen_ai.request.model': 'mistral-large-latest',
});
const answered = (
  id: string,
  model: string,
  finishReasons: string[],
  input: number,
  output: number,
  cached?: number,
): Attributes => ({
  'gen_ai.response.id': id,
  'gen_ai.response.model': model,
  'gen_ai.response.finish_reasons': finishReasons,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  ...(cached !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cached }),
});
/** What pricing adds is told by its own tests. */
const withoutCost = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith('annotel.cost.')));

describe('an answer', () => {
  test.each<[string, Attributes]>([
    ['chat', answered('cmpl-a1', 'mistral-large-2512', ['stop'], 14, 9)],
    ['chat-cached', answered('cmpl-a2', 'mistral-large-2512', ['stop'], 1013, 30, 1008)],
    ['chat-choices', answered('cmpl-a3', 'mistral-small-2506', ['stop', 'length'], 6, 7)],
    ['chat-tools', answered('cmpl-a4', 'mistral-large-2512', ['tool_calls'], 80, 40)],
    ['chat-thinking', answered('cmpl-a5', 'magistral-medium-2509', ['stop'], 12, 20)],
  ])('%s is told whole, and handed on as it is', async (fixture, attributes) => {
    server.reply(recorded(`mistral/${fixture}.json`), recorded(`mistral/${fixture}.json`));
    expect(await new Model().ask(request)).toEqual(await new Undecorated().ask(request));
    const { attributes: told, ...span } = telemetry.span;
    expect(span).toEqual({ name: 'chat mistral-large-latest', kind: 'CLIENT' });
    expect(withoutCost(told)).toEqual({ ...chat('ask'), ...attributes });
  });

  test('of usage that is not told has none', async () => {
    server.reply({
      ...recorded('mistral/chat.json'),
      body: JSON.stringify({
        id: 'cmpl-a6',
        object: 'chat.completion',
        created: 1,
        model: 'mistral-large-2512',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
        usage: {},
      }),
    });
    await new Model().ask(request);
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
  });
});

test('a request is told with its parameters', async () => {
  server.reply(recorded('mistral/chat.json'));
  await new Model().ask({
    ...request,
    maxTokens: 100,
    temperature: 0.2,
    topP: 0.9,
    randomSeed: 7,
    stop: ['END'],
    n: 2,
    presencePenalty: 0.1,
    frequencyPenalty: 0.3,
    responseFormat: { type: 'json_object' },
    reasoningEffort: 'high',
  });
  expect(telemetry.span.attributes).toMatchObject({
    'gen_ai.request.max_tokens': 100,
    'gen_ai.request.temperature': 0.2,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.seed': 7,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.request.choice.count': 2,
    'gen_ai.request.presence_penalty': 0.1,
    'gen_ai.request.frequency_penalty': 0.3,
    'gen_ai.request.reasoning.level': 'high',
    'gen_ai.output.type': 'json',
  });
});

test('embeddings are told with their dimensions', async () => {
  server.reply(recorded('mistral/embeddings.json'));
  await new Model().embed({
    model: 'mistral-embed',
    inputs: ['one', 'two'],
    outputDimension: 4,
    encodingFormat: 'float',
  });
  const { attributes, ...span } = telemetry.span;
  expect(span).toEqual({ name: 'embeddings mistral-embed', kind: 'CLIENT' });
  expect(withoutCost(attributes)).toEqual({
    'annotel.operation': 'embeddings',
    'code.function.name': 'Model.embed',
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'mistral_ai',
    'gen_ai.request.model': 'mistral-embed',
    'gen_ai.request.encoding_formats': ['float'],
    'gen_ai.embeddings.dimension.count': 4,
    'gen_ai.response.model': 'mistral-embed',
    'gen_ai.response.id': 'embd-1',
    'gen_ai.usage.input_tokens': 11,
  });
});

const read = async (stream: AsyncIterable<CompletionEvent>): Promise<CompletionEvent[]> => {
  const events: CompletionEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
};

describe('a stream', () => {
  test.each<[string, number, Attributes]>([
    ['stream', 5, answered('cmpl-s1', 'mistral-small-2506', ['stop'], 14, 9, 0)],
    ['stream-tools', 2, answered('cmpl-s2', 'mistral-large-2512', ['tool_calls'], 80, 40)],
    ['stream-thinking', 5, answered('cmpl-s3', 'magistral-medium-2509', ['stop'], 12, 20)],
  ])('%s is told once it has been read', async (fixture, events, attributes) => {
    server.reply(recorded(`mistral/${fixture}.sse`), recorded(`mistral/${fixture}.sse`));
    const expected = await read(await new Undecorated().stream(request));
    const stream = await new Model().stream(request);
    expect(telemetry.spans).toEqual([]);
    expect(await read(stream)).toEqual(expected);
    expect(expected).toHaveLength(events);
    expect(withoutCost(telemetry.span.attributes)).toEqual({
      ...chat('stream'),
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      ...attributes,
    });
  });

  test('that its reader leaves tells what was received', async () => {
    server.reply(recorded('mistral/stream.sse', { holdAfter: 2 }));
    const hungUp = server.hungUp();
    for await (const event of await new Model().stream(request)) if (event.data.choices[0]?.delta.content) break;
    await hungUp;
    expect(telemetry.span.attributes).toMatchObject({
      'annotel.stream.end': 'stopped',
      'gen_ai.response.id': 'cmpl-s1',
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.output_tokens']);
    expect(telemetry.span).not.toHaveProperty('error');
  });

  test('that is aborted has failed', async () => {
    server.reply(recorded('mistral/stream.sse', { holdAfter: 2 }));
    const abort = new AbortController();
    const stream = await new Model().stream(request, { fetchOptions: { signal: abort.signal } });
    const reading = (async () => {
      for await (const event of stream) if (event.data.choices[0]?.delta.content) abort.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': 'AbortError',
      'gen_ai.response.id': 'cmpl-s1',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  test('whose connection breaks has failed', async () => {
    server.reply(recorded('mistral/stream.sse', { cutAfter: 3 }));
    const stream = await new Model().stream(request);
    await expect(read(stream)).rejects.toThrow();
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': 'TypeError',
      'gen_ai.response.model': 'mistral-small-2506',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });
});

test('a refused request has failed, with the client’s own error', async () => {
  server.reply(recorded('mistral/error-401.json', { status: 401 }));
  await expect(new Model().ask(request)).rejects.toMatchObject({ statusCode: 401 });
  expect(telemetry.span.attributes['error.type']).toBe('401');
  expect(telemetry.span).toHaveProperty('error');
});
