import { ApiError, GenerateContentResponse } from '@google/genai';
import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
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
  warn,
} from './support/gemini.js';

describe('a stream', () => {
  test.each<[string, string, number, Attributes]>([
    [
      'with thoughts tells the usage of its last chunk',
      'generate-content-stream',
      5,
      {
        'gen_ai.response.finish_reasons': ['STOP'],
        ...cost(0.0001067),
        'gen_ai.response.id': 'pWHcaPfhBv2TxN8P1ND_2A8',
        'gen_ai.usage.input_tokens': 14,
        'gen_ai.usage.output_tokens': 41,
        'gen_ai.usage.reasoning.output_tokens': 31,
      },
    ],
    [
      'that calls a function',
      'generate-content-stream-tools',
      3,
      {
        'gen_ai.response.finish_reasons': ['STOP'],
        ...cost(0.00006682),
        'gen_ai.response.id': 't2TcaMGuJMSixN8PuZ-QkQU',
        'gen_ai.usage.cache_read.input_tokens': 64,
        'gen_ai.usage.input_tokens': 97,
        'gen_ai.usage.output_tokens': 22,
      },
    ],
    [
      'of several candidates, one stopped for safety',
      'generate-content-stream-candidates',
      3,
      {
        'gen_ai.response.finish_reasons': ['STOP', 'SAFETY'],
        ...cost(0.0000324),
        'gen_ai.response.id': '4WXcaNy2C5u4xN8Pn8Th-Ak',
        'gen_ai.usage.input_tokens': 8,
        'gen_ai.usage.output_tokens': 12,
      },
    ],
    [
      'whose prompt was blocked',
      'generate-content-stream-blocked',
      1,
      {
        'gen_ai.response.finish_reasons': ['SAFETY'],
        ...cost(0.0000042),
        'gen_ai.response.id': 'DWfcaI3BCLmWxN8P3P2ZkAc',
        'gen_ai.usage.input_tokens': 14,
      },
    ],
  ])('%s', async (_name, fixture, chunks, attributes) => {
    server.reply(recorded(`gemini/${fixture}.sse`), recorded(`gemini/${fixture}.sse`));
    const expected = await read(await new Undecorated().stream(request));
    const stream = await new Model().stream(request);
    expect(telemetry.spans).toEqual([]);
    const items = await read(stream);
    expect(items).toHaveLength(chunks);
    expect(warn).not.toHaveBeenCalled();
    expect(items.map(({ text, candidates }) => [text, candidates])).toEqual(
      expected.map(({ text, candidates }) => [text, candidates]),
    );
    expect(items[0]).toBeInstanceOf(GenerateContentResponse);
    expect(telemetry.span).toEqual({
      name: 'chat gemini-2.5-flash',
      kind: 'CLIENT',
      attributes: { ...streamed, ...attributes },
    });
    expectNoContent();
  });

  test('stays the generator that the client made', async () => {
    server.reply(recorded('gemini/generate-content-stream.sse'));
    let made: unknown;
    const ask = LlmCall()(async () => {
      const stream = await new Undecorated().stream(request);
      made = stream;
      return stream;
    });
    const stream = await ask();
    expect(stream).toBe(made);
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    expect((await stream.next()).done).toBe(false);
  });
});

describe('a stream that is not read to its end', () => {
  /** Known after two chunks. */
  const cut = {
    'gen_ai.provider.name': 'gcp.gen_ai',
    'gen_ai.response.finish_reasons': ['error'],
    'gen_ai.response.id': 'pWHcaPfhBv2TxN8P1ND_2A8',
    'gen_ai.usage.input_tokens': 14,
  };
  const held = () => recorded('gemini/generate-content-stream.sse', { holdAfter: 2 });

  test('because its reader stops', async () => {
    server.reply(held());
    for await (const _chunk of await new Model().stream(request)) break;
    expect(telemetry.span.attributes).toMatchObject({ ...cut, 'annotel.stream.end': 'stopped' });
    expect(telemetry.span.error).toBeUndefined();
    expectNoContent();
  });

  test('because it is aborted ends as the client ends it', async () => {
    server.reply(held(), held());
    const endOf = async (model: Undecorated): Promise<unknown> => {
      const abort = new AbortController();
      const items: unknown[] = [];
      try {
        for await (const chunk of await model.stream({ ...request, config: { abortSignal: abort.signal } })) {
          items.push(chunk.text);
          if (items.length === 2) abort.abort();
        }
      } catch (error) {
        return [items, (error as Error).name];
      }
      return items;
    };
    const expected = await endOf(new Undecorated());
    expect(await endOf(new Model())).toEqual(expected);
    expect(telemetry.span.attributes).toMatchObject(cut);
  });

  test('because the connection breaks fails, and keeps what was known', async () => {
    server.reply(recorded('gemini/generate-content-stream.sse', { cutAfter: 2 }));
    await expect(new Model().stream(request).then(read)).rejects.toThrow('terminated');
    expect(telemetry.span).toMatchObject({ error: 'terminated', attributes: { ...cut, 'error.type': 'TypeError' } });
    expectNoContent();
  });

  test('because the API reports an error within it fails', async () => {
    server.reply(recorded('gemini/generate-content-stream-error.sse'));
    await expect(new Model().stream(request).then(read)).rejects.toThrow(ApiError);
    expect(telemetry.span.error).toContain('UNAVAILABLE');
    expect(telemetry.span.attributes).toMatchObject({
      ...cut,
      'error.type': '503',
      'gen_ai.usage.output_tokens': 33,
    });
    expectNoContent();
  });

  test('because it is refused fails before its first chunk', async () => {
    server.reply({ ...recorded('gemini/error-429.json'), status: 429 });
    await expect(new Model().stream(request)).rejects.toThrow(ApiError);
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': '429',
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.time_to_first_chunk']);
  });
});
