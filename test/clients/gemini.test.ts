import { ApiError, GenerateContentResponse } from '@google/genai';
import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { LlmCall } from '../../lib/index.js';
import { recorded } from '../support/wire-server.js';
import {
  chat,
  cost,
  expectNoContent,
  gemini,
  Model,
  request,
  server,
  telemetry,
  Undecorated,
  vertex,
  warn,
} from './support/gemini.js';

describe('an answer', () => {
  test.each<[string, string, Attributes]>([
    [
      'with cached tokens and thoughts',
      'generate-content',
      {
        'gen_ai.response.finish_reasons': ['STOP'],
        ...cost(0.00053064),
        'gen_ai.response.id': 'kQ7caNnVFqqXxN8PgrbCqAg',
        'gen_ai.usage.cache_read.input_tokens': 2048,
        'gen_ai.usage.input_tokens': 2312,
        'gen_ai.usage.output_tokens': 156,
        'gen_ai.usage.reasoning.output_tokens': 147,
      },
    ],
    [
      'that calls functions',
      'generate-content-tools',
      {
        'gen_ai.response.finish_reasons': ['STOP'],
        ...cost(0.0002704),
        'gen_ai.response.id': 'Zg3caOTxMcqDxN8P0aTpmQY',
        'gen_ai.usage.input_tokens': 118,
        'gen_ai.usage.output_tokens': 94,
        'gen_ai.usage.reasoning.output_tokens': 63,
      },
    ],
    [
      'with several candidates, one stopped for safety',
      'generate-content-candidates',
      {
        'gen_ai.response.finish_reasons': ['STOP', 'MAX_TOKENS', 'SAFETY'],
        ...cost(0.0000258),
        'gen_ai.response.id': 'b1DcaLq0A7OjxN8Pye7Q8Ag',
        'gen_ai.usage.input_tokens': 11,
        'gen_ai.usage.output_tokens': 9,
      },
    ],
    [
      'to a prompt that was blocked',
      'generate-content-blocked',
      {
        'gen_ai.response.finish_reasons': ['PROHIBITED_CONTENT'],
        ...cost(0.0000042),
        'gen_ai.response.id': '9FLcaJb5KdaVxN8PmK6XsQ4',
        'gen_ai.usage.input_tokens': 14,
      },
    ],
  ])('%s', async (_name, fixture, attributes) => {
    server.reply(recorded(`gemini/${fixture}.json`), recorded(`gemini/${fixture}.json`));
    const expected = await new Undecorated().ask(request);
    const answer = await new Model().ask(request);
    expect(warn).not.toHaveBeenCalled();
    expect(answer).toBeInstanceOf(GenerateContentResponse);
    expect(answer.candidates).toEqual(expected.candidates);
    expect(answer.functionCalls).toEqual(expected.functionCalls);
    expect(telemetry.span).toEqual({
      name: 'chat gemini-2.5-flash',
      kind: 'CLIENT',
      attributes: { ...chat('ask'), ...attributes },
    });
    expectNoContent();
  });

  test('of Vertex AI tells whose it is, and what its tools gave the model', async () => {
    server.reply(recorded('gemini/generate-content-vertex.json'));
    await new Model(vertex()).ask(request);
    expect(telemetry.span.attributes).toEqual({
      ...chat('ask'),
      'gen_ai.provider.name': 'gcp.vertex_ai',
      'gen_ai.response.finish_reasons': ['STOP'],
      ...cost(0.0001509),
      'gen_ai.response.id': 'yl7caK7BEPSQmecPmd3zyAE',
      'gen_ai.usage.input_tokens': 153,
      'gen_ai.usage.output_tokens': 42,
    });
    expectNoContent();
  });

  test('of a chat is told like any other', async () => {
    server.reply(recorded('gemini/generate-content.json'));
    const session = gemini().chats.create({ model: 'gemini-2.5-flash' });
    const say = LlmCall()((message: string) => session.sendMessage({ message }));
    expect((await say('What is a xylophone?')).text).toBe('A xylophone is a percussion instrument.');
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': 'gcp.gen_ai',
      'gen_ai.response.id': 'kQ7caNnVFqqXxN8PgrbCqAg',
      'gen_ai.usage.output_tokens': 156,
    });
    expect(session.getHistory()).toHaveLength(2);
    expectNoContent();
  });

  test('that is refused fails as the client says', async () => {
    server.reply({ ...recorded('gemini/error-429.json'), status: 429 });
    await expect(new Model().ask(request)).rejects.toThrow(ApiError);
    expect(telemetry.span.error).toContain('RESOURCE_EXHAUSTED');
    expect(telemetry.span.attributes).toMatchObject({ 'error.type': '429' });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.finish_reasons']);
  });
});

describe('an embedding', () => {
  const embeddings = {
    'annotel.operation': 'embeddings',
    'code.function.name': 'Model.embed',
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.request.model': 'gemini-embedding-001',
  };
  const texts = { model: 'gemini-embedding-001', contents: ['xylophone', 'glockenspiel'] };

  test('tells its dimensions', async () => {
    server.reply(recorded('gemini/embeddings.json'));
    expect((await new Model().embed(texts)).embeddings).toHaveLength(2);
    expect(telemetry.span).toEqual({
      name: 'embeddings gemini-embedding-001',
      kind: 'CLIENT',
      attributes: {
        ...embeddings,
        'gen_ai.embeddings.dimension.count': 4,
        'gen_ai.provider.name': 'gcp.gen_ai',
      },
    });
    expectNoContent();
  });

  test('of Vertex AI tells the tokens of each text, which are summed', async () => {
    server.reply(recorded('gemini/embeddings-vertex.json'));
    await new Model(vertex()).embed(texts);
    expect(telemetry.span.attributes).toEqual({
      ...embeddings,
      ...cost(0.00000165),
      'gen_ai.embeddings.dimension.count': 3,
      'gen_ai.provider.name': 'gcp.vertex_ai',
      'gen_ai.usage.input_tokens': 11,
    });
  });
});
