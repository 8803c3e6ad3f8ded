import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { LlmCall } from '../../lib/index.js';
import { recorded } from '../support/wire-server.js';
import {
  call,
  chat,
  completion,
  expectNoContent,
  Model,
  read,
  server,
  streamed,
  telemetry,
  Undecorated,
} from './support/ollama.js';

describe('a stream', () => {
  test.each<[string, string, number, Attributes]>([
    [
      'that thinks first tells the counts of its last chunk',
      'chat-stream',
      6,
      {
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 26,
        'gen_ai.usage.output_tokens': 298,
      },
    ],
    [
      'that calls tools',
      'chat-stream-tools',
      4,
      {
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 169,
        'gen_ai.usage.output_tokens': 39,
      },
    ],
  ])('%s', async (_name, fixture, chunks, attributes) => {
    server.reply(recorded(`ollama/${fixture}.ndjson`), recorded(`ollama/${fixture}.ndjson`));
    const expected = await read(await new Undecorated().chatStream(chat));
    const stream = await new Model().chatStream(chat);
    expect(telemetry.spans).toEqual([]);
    expect(await read(stream)).toEqual(expected);
    expect(expected).toHaveLength(chunks);
    expect(telemetry.span).toEqual({
      name: 'chat qwen3:8b',
      kind: 'CLIENT',
      attributes: { ...call('chat', 'chatStream'), ...streamed, ...attributes },
    });
    expectNoContent();
  });

  test('of generate', async () => {
    server.reply(recorded('ollama/generate-stream.ndjson'));
    expect(await read(await new Model().generateStream(completion))).toHaveLength(3);
    expect(telemetry.span.attributes).toEqual({
      ...call('text_completion', 'generateStream'),
      ...streamed,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 3,
    });
    expectNoContent();
  });

  test('stays the iterator that the client made, which it knows to abort', async () => {
    server.reply(recorded('ollama/chat-stream.ndjson'));
    const model = new Undecorated();
    let made: unknown;
    const ask = LlmCall()(async () => {
      const stream = await model.chatStream(chat);
      made = stream;
      return stream;
    });
    const stream = await ask();
    expect(stream).toBe(made);
    expect(stream.constructor.name).toBe('AbortableAsyncIterator');
    expect((model.client as unknown as { ongoingStreamedRequests: unknown[] }).ongoingStreamedRequests).toEqual([
      stream,
    ]);
    await read(stream);
    expect((model.client as unknown as { ongoingStreamedRequests: unknown[] }).ongoingStreamedRequests).toEqual([]);
  });
});

describe('a stream that is not read to its end', () => {
  const cut = { ...call('chat', 'chatStream'), ...streamed, 'gen_ai.response.finish_reasons': ['error'] };
  const held = () => recorded('ollama/chat-stream.ndjson', { holdAfter: 3 });

  test('because its reader stops', async () => {
    server.reply(held());
    for await (const _chunk of await new Model().chatStream(chat)) break;
    expect(telemetry.span.attributes).toEqual({ ...cut, 'annotel.stream.end': 'stopped' });
    expect(telemetry.span.error).toBeUndefined();
    expectNoContent();
  });

  test.each<[string, (model: Undecorated, stream: { abort(): void }) => void]>([
    ['itself', (_model, stream) => stream.abort()],
    ['with all others of its client', (model) => model.client.abort()],
  ])('because it is aborted, %s, ends as the client ends it', async (_way, abort) => {
    server.reply(held(), held());
    const endOf = async (model: Undecorated): Promise<unknown> => {
      const items: unknown[] = [];
      try {
        const stream = await model.chatStream(chat);
        for await (const chunk of stream) {
          items.push(chunk);
          if (items.length === 3) abort(model, stream);
        }
      } catch (error) {
        return [items, (error as Error).name];
      }
      return items;
    };
    const expected = await endOf(new Undecorated());
    expect(await endOf(new Model())).toEqual(expected);
    expect(telemetry.span.attributes).toMatchObject(cut);
    expectNoContent();
  });

  test('because the connection breaks fails, and keeps what was known', async () => {
    server.reply(recorded('ollama/chat-stream.ndjson', { cutAfter: 3 }));
    await expect(new Model().chatStream(chat).then(read)).rejects.toThrow('terminated');
    expect(telemetry.span).toEqual({
      name: 'chat qwen3:8b',
      kind: 'CLIENT',
      error: 'terminated',
      events: [expect.anything()],
      attributes: { ...cut, 'error.type': 'TypeError' },
    });
    expectNoContent();
  });

  test('because the model fails within it fails', async () => {
    server.reply(recorded('ollama/chat-stream-error.ndjson'));
    await expect(new Model().chatStream(chat).then(read)).rejects.toThrow('unexpected EOF');
    expect(telemetry.span).toMatchObject({
      error: 'an error was encountered while running the model: unexpected EOF',
      attributes: { ...cut, 'error.type': 'Error' },
    });
    expectNoContent();
  });

  test('because it is refused fails before its first chunk', async () => {
    server.reply({ ...recorded('ollama/error-404.json'), status: 404 });
    await expect(new Model().chatStream(chat)).rejects.toThrow('not found');
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.time_to_first_chunk']);
  });
});
