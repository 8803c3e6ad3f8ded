import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Cohere } from 'cohere-ai';
import { recorded } from '../support/wire-server.js';
import { chat, cost, expectNoContent, Model, request, server, telemetry, Undecorated } from './support/cohere.js';

describe('an answer', () => {
  test.each<[string, string, Attributes]>([
    [
      'with cached tokens, by its billed counts',
      'chat',
      {
        ...cost(0.001155),
        'gen_ai.response.finish_reasons': ['COMPLETE'],
        'gen_ai.response.id': 'c14c80c3-18eb-4519-9460-6c92edd8cfb4',
        'gen_ai.usage.cache_read.input_tokens': 256,
        'gen_ai.usage.input_tokens': 418,
        'gen_ai.usage.output_tokens': 11,
      },
    ],
    [
      'that thought, and had more tokens cached than were billed',
      'chat-thinking',
      {
        ...cost(0.0012125),
        'gen_ai.response.finish_reasons': ['MAX_TOKENS'],
        'gen_ai.response.id': '7c1f3f9e-1f0c-4f9f-93a3-0f3f5ae1f1c2',
        'gen_ai.usage.input_tokens': 5,
        'gen_ai.usage.output_tokens': 120,
      },
    ],
    [
      'that calls tools',
      'chat-tools',
      {
        ...cost(0.0005625),
        'gen_ai.response.finish_reasons': ['TOOL_CALL'],
        'gen_ai.response.id': '2f5dfc43-0b1d-4b1d-9f4c-6b5d3f7f2f10',
        'gen_ai.usage.input_tokens': 41,
        'gen_ai.usage.output_tokens': 46,
      },
    ],
  ])('%s', async (_name, fixture, attributes) => {
    server.reply(recorded(`cohere/${fixture}.json`), recorded(`cohere/${fixture}.json`));
    const expected = await new Undecorated().chat(request);
    expect(await new Model().chat(request)).toEqual(expected);
    expect(telemetry.span).toEqual({
      name: 'chat command-a-03-2025',
      kind: 'CLIENT',
      attributes: { ...chat('chat'), ...attributes },
    });
    expectNoContent();
  });

  test('that tells that generating failed is a failure, though nothing was thrown', async () => {
    server.reply(recorded('cohere/chat-failed.json'));
    expect((await new Model().chat(request)).finishReason).toBe('ERROR');
    expect(telemetry.span).toMatchObject({
      error: '',
      attributes: { ...chat('chat'), 'error.type': 'ERROR', 'gen_ai.response.finish_reasons': ['ERROR'] },
    });
  });

  test('may be asked for with its HTTP response', async () => {
    server.reply(recorded('cohere/chat.json'));
    const { data, rawResponse } = await new Model().chat(request).withRawResponse();
    expect(rawResponse.status).toBe(200);
    expect(data.finishReason).toBe('COMPLETE');
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 418 });
  });

  test('that is refused fails as the client says', async () => {
    server.reply({ ...recorded('cohere/error-429.json'), status: 429 });
    await expect(new Model().chat(request)).rejects.toThrow(Cohere.TooManyRequestsError);
    expect(telemetry.span.error).toContain('Status code: 429');
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': 'TooManyRequestsError',
    });
  });
});

describe('an embedding', () => {
  const embeddings = {
    'annotel.operation': 'embeddings',
    'code.function.name': 'Model.embed',
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'cohere',
    'gen_ai.request.model': 'embed-v4.0',
  };
  test.each([
    ['of floats', 'embed', 'float', 4, 7, '5807ee2e-0cda-445a-9ec8-864c60a06606'],
    ['of bits, eight to a number', 'embed-binary', 'binary', 32, 3, 'a3b6f1de-41d6-4a48-8a9e-0a4a7d4a1c11'],
  ] as const)('%s', async (_name, fixture, type, dimensions, tokens, id) => {
    server.reply(recorded(`cohere/${fixture}.json`));
    const texts = ['xylophone', 'glockenspiel'];
    await new Model().embed({ model: 'embed-v4.0', inputType: 'search_query', texts, embeddingTypes: [type] });
    expect(telemetry.span).toMatchObject({
      name: 'embeddings embed-v4.0',
      attributes: {
        ...embeddings,
        'gen_ai.embeddings.dimension.count': dimensions,
        'gen_ai.response.id': id,
        'gen_ai.usage.input_tokens': tokens,
      },
    });
    expectNoContent();
  });
});
