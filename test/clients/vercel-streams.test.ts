import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { LlmCall, Traced } from '../../lib/index.js';
import { recorded } from '../support/wire-server.js';
import { answered, Model, type Result, read, TEXT, telemetry, typesOf, Undecorated, wire } from './support/vercel.js';

/** Serves what `send` writes, asks for it with `fetch`, and gives the text that arrived. */
async function served(send: (response: import('node:http').ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => send(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const text = await answer.text();
  await new Promise((resolve) => server.close(resolve));
  return text;
}

/** How callers read a result to its end, and what they get. */
const WAYS: Record<string, (result: Result) => Promise<unknown>> = {
  textStream: (result) => read(result.textStream),
  'textStream with a reader': async (result) => {
    const [texts, reader] = [[] as unknown[], result.textStream.getReader()];
    for (let next = await reader.read(); !next.done; next = await reader.read()) texts.push(next.value);
    return texts;
  },
  stream: (result) => typesOf(result.stream),
  fullStream: (result) => typesOf(result.fullStream),
  partialOutputStream: (result) => read(result.partialOutputStream),
  text: async (result) => [await result.text],
  usage: async (result) => (await result.usage).outputTokens,
  totalUsage: async (result) => (await result.totalUsage).inputTokens,
  finishReason: (result) => Promise.resolve(result.finishReason),
  consumeStream: (result) => Promise.resolve(result.consumeStream()),
  toUIMessageStream: (result) => typesOf(result.toUIMessageStream()),
  toTextStreamResponse: (result) => result.toTextStreamResponse().text(),
  toUIMessageStreamResponse: (result) => result.toUIMessageStreamResponse({ generateMessageId: () => 'm' }).text(),
  pipeTextStreamToResponse: (result) => served((response) => result.pipeTextStreamToResponse(response)),
  'two streams and the text': async (result) =>
    Promise.all([read(result.textStream), typesOf(result.fullStream), result.text]),
  'the usage after the text': async (result) => {
    const texts = await read(result.textStream);
    return [texts, (await result.usage).totalTokens, await result.finishReason, (await result.steps).length];
  },
};

describe('a streamed text', () => {
  test.each(Object.entries(WAYS))('is recorded once, whole, when it is read by %s', async (_way, readAll) => {
    wire.reply(recorded(TEXT), recorded(TEXT));
    const expected = await readAll(new Undecorated().text());
    const result = new Model().text();
    expect(telemetry.spans).toEqual([]);
    expect(await readAll(result)).toEqual(expected);
    expect(telemetry.span).toMatchObject({ name: expect.stringMatching('^chat'), kind: 'CLIENT' });
    expect(telemetry.span.attributes).toMatchObject(answered);
    expect(telemetry.span.attributes).not.toHaveProperty(['annotel.stream.end']);
    const tokens = await telemetry.points('gen_ai.client.token.usage');
    expect(tokens.map(({ sum }) => sum)).toEqual([19, 10]);
    expect(await telemetry.points('gen_ai.client.operation.time_to_first_chunk')).toMatchObject([{ count: 1 }]);
    // Seven texts between the start and the end of the text, and the ends of step and stream.
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([{ count: 10 }]);
  });

  test('does not end before somebody reads it, and stays the very same object', async () => {
    wire.reply(recorded(TEXT), recorded(TEXT));
    let returned: Result | undefined;
    const result = await LlmCall()(async () => {
      returned = new Undecorated().text();
      return returned;
    })();
    expect(result).toBe(returned);
    const undecorated = new Undecorated().text();
    expect(result.constructor).toBe(undecorated.constructor);
    expect(Object.keys(result)).toEqual(Object.keys(undecorated));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(telemetry.spans).toEqual([]);
    expect([await result.text, await undecorated.text]).toEqual(['Hello! How can I help?', 'Hello! How can I help?']);
    expect(telemetry.spans).toHaveLength(1);
  });

  test('of a method that hands on only a part of the result ends with that part', async () => {
    wire.reply(recorded(TEXT), recorded(TEXT));
    const texts = await read(LlmCall()(() => new Undecorated().text().textStream)());
    expect(texts.join('')).toBe('Hello! How can I help?');
    await LlmCall()(() => new Undecorated().text().toTextStreamResponse())().text();
    expect(telemetry.spans).toHaveLength(2);
    for (const { attributes } of telemetry.spans) expect(attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });

  test('of a method that hands on fullStream is recorded whole', async () => {
    wire.reply(recorded(TEXT));
    const parts = await read(LlmCall()(() => new Undecorated().text().fullStream)());
    const { 'code.function.name': _, ...rest } = answered;
    expect(telemetry.span.attributes).toMatchObject(rest);
    const chunks = parts.length - 1;
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([{ count: chunks }]);
  });

  test('handed on by a second decorated method is told to both', async () => {
    wire.reply(recorded(TEXT));
    await read(Traced('outer')(() => new Model().text())().textStream);
    expect(telemetry.spans.map(({ name }) => name).sort()).toEqual([expect.stringMatching('^chat'), 'outer']);
    expect(telemetry.spans.find(({ name }) => name !== 'outer')?.attributes).toMatchObject(answered);
  });

  test('with reasoning and cached tokens tells them', async () => {
    wire.reply(recorded('vercel/response-stream-reasoning.sse'));
    expect(await new Model().thinking().text).toBe('It is 42.');
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'resp_68af40b5a2c88196',
      'gen_ai.response.model': 'o4-mini-2025-04-16',
      'gen_ai.usage.cache_read.input_tokens': 2048,
      'gen_ai.usage.input_tokens': 2304,
      'gen_ai.usage.output_tokens': 541,
      'gen_ai.usage.reasoning.output_tokens': 512,
      'openai.response.service_tier': 'default',
    });
  });

  test('of several steps is one call with the tokens of all, and its tools run in it', async () => {
    wire.reply(recorded('openai/chat-completion-stream-tools.sse'), recorded(TEXT));
    const weather = Traced('weather')(async () => 'Rain');
    expect(await new Model().steps(weather).text).toBe('Hello! How can I help?');
    const call = telemetry.spans.find(({ name }) => name !== 'weather');
    expect(telemetry.spans).toHaveLength(2);
    expect(call?.attributes).toMatchObject({
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-123abcStreamed',
      'gen_ai.usage.cache_read.input_tokens': 64,
      'gen_ai.usage.input_tokens': 87,
      'gen_ai.usage.output_tokens': 25,
    });
    expect(telemetry.spans.find(({ name }) => name === 'weather')?.parent).toBe(call?.name);
  });
});

describe('a streamed object', () => {
  const OBJECT = 'vercel/chat-completion-stream-object.sse';
  const facts = {
    'gen_ai.provider.name': 'openai',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.id': 'chatcmpl-BJobjectStream',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.usage.input_tokens': 81,
    'gen_ai.usage.output_tokens': 11,
  };
  const ways: [string, (model: Undecorated) => Promise<unknown>][] = [
    ['the output of streamText', (model) => Promise.resolve(model.typed().output)],
    ['its partialOutputStream', (model) => read(model.typed().partialOutputStream)],
    ['partialObjectStream', (model) => read(model.object().partialObjectStream)],
    ['textStream', (model) => read(model.object().textStream)],
    ['fullStream', async (model) => typesOf(model.object().fullStream)],
    ['toTextStreamResponse', (model) => model.object().toTextStreamResponse().text()],
    [
      'a stream and then the object',
      async (model) => {
        const result = model.object();
        return [await read(result.partialObjectStream), await result.object];
      },
    ],
  ];
  test.each(ways)('is recorded once, whole, when it is read by %s', async (_way, readAll) => {
    wire.reply(recorded(OBJECT), recorded(OBJECT));
    expect(await readAll(new Model())).toEqual(await readAll(new Undecorated()));
    expect(telemetry.span.attributes).toMatchObject(facts);
  });
});
