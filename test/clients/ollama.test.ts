import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Ollama } from 'ollama';
import { Embedding } from '../../lib/index.js';
import { recorded } from '../support/wire-server.js';
import { call, chat, completion, expectNoContent, Model, server, telemetry, Undecorated } from './support/ollama.js';

describe('an answer', () => {
  test.each<[string, string, Attributes]>([
    [
      'of a chat',
      'chat',
      {
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 26,
        'gen_ai.usage.output_tokens': 11,
      },
    ],
    [
      'that thinks and calls a tool',
      'chat-tools',
      {
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 169,
        'gen_ai.usage.output_tokens': 58,
      },
    ],
    [
      'that became too long',
      'chat-cut',
      {
        'gen_ai.response.finish_reasons': ['length'],
        'gen_ai.usage.input_tokens': 26,
        'gen_ai.usage.output_tokens': 3,
      },
    ],
  ])('%s', async (_name, fixture, attributes) => {
    server.reply(recorded(`ollama/${fixture}.json`), recorded(`ollama/${fixture}.json`));
    const expected = await new Undecorated().chat({ ...chat });
    expect(await new Model().chat({ ...chat })).toEqual(expected);
    expect(telemetry.span).toEqual({
      name: 'chat qwen3:8b',
      kind: 'CLIENT',
      attributes: { ...call('chat', 'chat'), ...attributes },
    });
    expectNoContent();
  });

  test('of generate', async () => {
    server.reply(recorded('ollama/generate.json'));
    expect((await new Model().generate({ ...completion })).done).toBe(true);
    expect(telemetry.span).toEqual({
      name: 'text_completion qwen3:8b',
      kind: 'CLIENT',
      attributes: {
        ...call('text_completion', 'generate'),
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 18,
        'gen_ai.usage.output_tokens': 64,
      },
    });
    expectNoContent();
  });

  test('that is refused fails as the client says', async () => {
    server.reply({ ...recorded('ollama/error-404.json'), status: 404 });
    await expect(new Model().chat({ ...chat })).rejects.toThrow("model 'qwen3:80b' not found");
    expect(telemetry.span).toMatchObject({
      error: "model 'qwen3:80b' not found",
      attributes: { 'error.type': '404' },
    });
  });
});

describe('an embedding', () => {
  test('tells its tokens and dimensions', async () => {
    server.reply(recorded('ollama/embed.json'));
    await new Model().embed('all-minilm', ['xylophone', 'glockenspiel']);
    expect(telemetry.span).toEqual({
      name: 'embeddings all-minilm',
      kind: 'CLIENT',
      attributes: {
        ...call('embeddings', 'embed'),
        'gen_ai.embeddings.dimension.count': 3,
        'gen_ai.request.model': 'all-minilm',
        'gen_ai.response.model': 'all-minilm',
        'gen_ai.usage.input_tokens': 8,
      },
    });
    expectNoContent();
  });

  test('of the older API tells its dimensions only', async () => {
    server.reply(recorded('ollama/embeddings.json'));
    const client = new Ollama({ host: server.url });
    const embed = Embedding({ provider: 'ollama' })((prompt: string) =>
      client.embeddings({ model: 'all-minilm', prompt }),
    );
    expect((await embed('xylophone')).embedding).toHaveLength(4);
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.embeddings.dimension.count': 4,
      'gen_ai.provider.name': 'ollama',
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expectNoContent();
  });
});
