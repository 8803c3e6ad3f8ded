import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Cohere } from 'cohere-ai';
import { LlmCall } from '../../lib/index.js';
import { recorded } from '../support/wire-server.js';
import {
  cost,
  expectNoContent,
  Model,
  read,
  request,
  server,
  streamed,
  telemetry,
  Undecorated,
} from './support/cohere.js';

describe('a stream', () => {
  test.each<[string, string, number, Attributes]>([
    [
      'that thinks first',
      'chat-stream',
      10,
      {
        ...cost(0.0004425),
        'gen_ai.response.finish_reasons': ['COMPLETE'],
        'gen_ai.usage.cache_read.input_tokens': 8,
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 42,
      },
    ],
    [
      'that calls tools',
      'chat-stream-tools',
      11,
      {
        ...cost(0.0003725),
        'gen_ai.response.finish_reasons': ['TOOL_CALL'],
        'gen_ai.usage.input_tokens': 37,
        'gen_ai.usage.output_tokens': 28,
      },
    ],
  ])('%s', async (_name, fixture, events, attributes) => {
    server.reply(recorded(`cohere/${fixture}.sse`), recorded(`cohere/${fixture}.sse`));
    const expected = await read(await new Undecorated().stream(request));
    const stream = await new Model().stream(request);
    expect(telemetry.spans).toEqual([]);
    expect(await read(stream)).toEqual(expected);
    expect(expected).toHaveLength(events);
    expect(telemetry.span).toEqual({
      name: 'chat command-a-03-2025',
      kind: 'CLIENT',
      attributes: { ...streamed, ...attributes },
    });
    expectNoContent();
  });

  test('that ends by telling that generating failed is a failure', async () => {
    server.reply(recorded('cohere/chat-stream-failed.sse'));
    expect(await read(await new Model().stream(request))).toHaveLength(9);
    expect(telemetry.span).toMatchObject({
      error: '',
      attributes: {
        ...streamed,
        'error.type': 'ERROR',
        'gen_ai.response.finish_reasons': ['ERROR'],
        'gen_ai.usage.output_tokens': 12,
      },
    });
    expectNoContent();
  });

  test('stays the client’s own', async () => {
    server.reply(recorded('cohere/chat-stream.sse'));
    let made: unknown;
    const ask = LlmCall()(async () => {
      const stream = await new Undecorated().stream(request);
      made = stream;
      return stream;
    });
    const stream = await ask();
    expect(stream).toBe(made);
    expect(stream.constructor.name).toBe('Stream');
    expect(await read(stream)).toHaveLength(10);
  });
});

describe('a stream that is not read to its end', () => {
  const cut = { ...streamed, 'gen_ai.response.finish_reasons': ['error'] };
  const held = () => recorded('cohere/chat-stream.sse', { holdAfter: 3 });

  test('because its reader stops lets go of the connection', async () => {
    server.reply(held());
    const gone = server.hungUp();
    for await (const _event of await new Model().stream(request)) break;
    await gone;
    expect(telemetry.span).toEqual({
      name: 'chat command-a-03-2025',
      kind: 'CLIENT',
      attributes: { ...cut, 'annotel.stream.end': 'stopped' },
    });
    expectNoContent();
  });

  test('because it is aborted ends as the client ends it', async () => {
    server.reply(held(), held());
    const endOf = async (model: Undecorated): Promise<unknown> => {
      const abort = new AbortController();
      const items: unknown[] = [];
      try {
        for await (const event of await model.stream(request, { abortSignal: abort.signal })) {
          items.push(event);
          if (items.length === 3) abort.abort();
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
    server.reply(recorded('cohere/chat-stream.sse', { cutAfter: 3 }));
    await expect(new Model().stream(request).then(read)).rejects.toThrow('terminated');
    expect(telemetry.span).toMatchObject({ error: 'terminated', attributes: { ...cut, 'error.type': 'TypeError' } });
    expectNoContent();
  });

  test('because it is refused fails before its first event', async () => {
    server.reply({ ...recorded('cohere/error-429.json'), status: 429 });
    await expect(new Model().stream(request)).rejects.toThrow(Cohere.TooManyRequestsError);
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.time_to_first_chunk']);
  });
});
