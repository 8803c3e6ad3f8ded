import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { APICallError, generateText } from 'ai';
import { readResponse } from '../../lib/genai/providers/registry.js';
import { LlmCall, Traced } from '../../lib/index.js';
import { type json, recorded } from '../support/wire-server.js';
import { telemetry, wire } from './support/vercel.js';
import { embeddings, gpt, image, Model, oneEmbedding, Undecorated } from './support/vercel-answers.js';

type Method = keyof Undecorated;

/** What was asked, what came over the wire, and what is known of the call then. */
const CASES: [string, Method, () => ReturnType<typeof json>[], Attributes][] = [
  [
    'an answer',
    'text',
    () => [recorded('openai/chat-completion.json')],
    {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.input_tokens': 1117,
      'gen_ai.usage.output_tokens': 46,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  ],
  [
    'cached and reasoning tokens',
    'text',
    () => [recorded('openai/chat-completion-cached-reasoning.json')],
    {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-BHxJv9Y3kQ7mE1tP5rW0cD2nL8aSf',
      'gen_ai.response.model': 'o4-mini-2025-04-16',
      'gen_ai.usage.cache_read.input_tokens': 2048,
      'gen_ai.usage.input_tokens': 2304,
      'gen_ai.usage.output_tokens': 541,
      'gen_ai.usage.reasoning.output_tokens': 512,
    },
  ],
  [
    'a refusal',
    'text',
    () => [recorded('vercel/chat-completion-refusal.json')],
    {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-BJrefused',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.input_tokens': 81,
      'gen_ai.usage.output_tokens': 11,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  ],
  [
    'an answer of the responses API that asks for a tool',
    'respond',
    () => [recorded('openai/response-tools.json')],
    {
      'gen_ai.response.finish_reasons': ['tool-calls'],
      'gen_ai.response.id': 'resp_67ca09c5efe0819096d0511c92b8c890096610f474011cc0',
      'gen_ai.response.model': 'gpt-4.1-2025-04-14',
      'gen_ai.usage.cache_read.input_tokens': 256,
      'gen_ai.usage.input_tokens': 291,
      'gen_ai.usage.output_tokens': 87,
      'gen_ai.usage.reasoning.output_tokens': 64,
      'openai.response.service_tier': 'default',
    },
  ],
  [
    'two steps with a tool between',
    'steps',
    () => [recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json')],
    {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.input_tokens': 1199,
      'gen_ai.usage.output_tokens': 63,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  ],
  ...(['typed', 'object'] as const).map((method): [string, Method, () => ReturnType<typeof json>[], Attributes] => [
    `an object, by ${method === 'typed' ? 'generateText' : 'generateObject'}`,
    method,
    () => [recorded('vercel/chat-completion-object.json')],
    {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-BJobject',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.input_tokens': 81,
      'gen_ai.usage.output_tokens': 11,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  ]),
  [
    'an image',
    'image',
    () => [image()],
    {
      'gen_ai.response.model': 'gpt-image-1',
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 1056,
    },
  ],
  [
    'an embedding',
    'embed',
    () => [oneEmbedding()],
    {
      'gen_ai.embeddings.dimension.count': 3,
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': 8,
    },
  ],
  [
    'several embeddings',
    'embedMany',
    () => [embeddings()],
    {
      'gen_ai.embeddings.dimension.count': 3,
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': 16,
    },
  ],
];

test.each(CASES)('%s', async (_what, method, replies, attributes) => {
  wire.reply(...replies(), ...replies());
  const run = async (calls: Undecorated): Promise<unknown> => {
    const result = await (method === 'text' || method === 'respond' ? calls[method]('Hi') : calls[method]());
    return [result.constructor.name, (result as { usage: unknown }).usage, Object.keys(result)];
  };
  expect(await run(new Model())).toEqual(await run(new Undecorated()));

  const operation = method.startsWith('embed') ? 'embeddings' : 'chat';
  const {
    'annotel.cost.amount': _a,
    'annotel.cost.currency': _c,
    'annotel.cost.source': _s,
    ...known
  } = telemetry.span.attributes;
  expect(known).toEqual({
    'annotel.operation': operation,
    'code.function.name': `Model.${method}`,
    'gen_ai.operation.name': operation,
    ...(known['gen_ai.provider.name'] === undefined ? undefined : { 'gen_ai.provider.name': 'openai' }),
    ...attributes,
  });
  if (operation === 'chat') expect(known['gen_ai.provider.name']).toBe('openai');
  const counted = [attributes['gen_ai.usage.input_tokens'], attributes['gen_ai.usage.output_tokens']];
  expect((await telemetry.points('gen_ai.client.token.usage')).map(({ sum }) => sum)).toEqual(
    counted.filter((sum) => sum !== undefined),
  );
});

test('tools run within the call', async () => {
  wire.reply(recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json'));
  await new Model().steps(Traced('weather')(async () => 'Rain'));
  expect(telemetry.spans.map(({ name, parent }) => [name, parent])).toEqual([
    ['weather', 'chat'],
    ['chat', undefined],
  ]);
});

test('retries are one call', async () => {
  wire.reply(
    {
      ...recorded('openai/error-429.json'),
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after-ms': '1' },
    },
    recorded('openai/chat-completion.json'),
  );
  await LlmCall()(() => generateText({ model: gpt(), prompt: 'Hi' }))();
  expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 1117 });
});

test('a call that is refused fails by the error of the SDK', async () => {
  wire.reply(recorded('openai/error-429.json', { status: 429 }));
  await expect(new Model().text('Hi')).rejects.toThrow(APICallError);
  expect(telemetry.span).toMatchObject({
    error: expect.stringContaining('Rate limit'),
    attributes: { 'error.type': '429' },
  });
});

test('an aborted call fails as the SDK lets it fail', async () => {
  wire.reply(recorded('openai/chat-completion-stream.sse', { holdAfter: 0 }));
  const abort = new AbortController();
  const ask = LlmCall()(() => generateText({ model: gpt(), prompt: 'Hi', abortSignal: abort.signal }));
  const answer = ask();
  setTimeout(() => abort.abort(), 20);
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'AbortError' });
});

describe('the request is read where it is given to the method', () => {
  test('model and provider of the answer and of the request agree', async () => {
    wire.reply(recorded('openai/chat-completion.json'));
    const ask = LlmCall()((request: Parameters<typeof generateText>[0]) => generateText(request));
    await ask({ model: gpt(), prompt: 'Hi', temperature: 0.5, maxOutputTokens: 100 });
    expect(telemetry.span).toMatchObject({
      name: 'chat gpt-4o',
      attributes: {
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.request.temperature': 0.5,
        'gen_ai.request.max_tokens': 100,
      },
    });
  });
});

test('what an answer says is read from its steps, where it is wanted', async () => {
  wire.reply(recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json'));
  const result = await new Undecorated().steps();
  expect(readResponse(result, { detail: true, content: false })?.output).toBeUndefined();
  expect(readResponse(result, { detail: true, content: true })?.output).toEqual([
    {
      role: 'assistant',
      parts: [
        {
          type: 'tool_call',
          id: expect.stringMatching('^call_'),
          name: 'get_current_weather',
          arguments: expect.objectContaining({ location: expect.stringContaining('Boston') }),
        },
      ],
      finish_reason: 'tool_calls',
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: expect.stringMatching('^call_'), response: 'Rain' }] },
    { role: 'assistant', parts: [{ type: 'text', content: expect.any(String) }], finish_reason: 'stop' },
  ]);
});
