import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { Stream } from 'openai/core/streaming';
import { LlmCall } from '../../../../lib/index.js';
import { withoutLocalCost } from '../../../support/openai-compatible.js';
import { type Reply, useOpenAI } from '../../../support/openai-server.js';
import { STREAMED_CHAT, STREAMS, streamedChat } from '../../../support/openai-streams.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();
const openai = useOpenAI();

type Events = Stream<unknown>;
type Call = (options?: OpenAI.RequestOptions) => PromiseLike<Events> & { withResponse(): Promise<{ data: Events }> };

class Undecorated {
  chat(body: object, options?: OpenAI.RequestOptions) {
    return openai.client.chat.completions.create(
      { ...body, stream: true } as never,
      options,
    ) as unknown as ReturnType<Call>;
  }
  respond(body: object, options?: OpenAI.RequestOptions) {
    return openai.client.responses.create({ ...body, stream: true } as never, options) as unknown as ReturnType<Call>;
  }
}
class Model extends Undecorated {
  @LlmCall()
  override chat(body: object, options?: OpenAI.RequestOptions) {
    return super.chat(body, options);
  }
  @LlmCall()
  override respond(body: object, options?: OpenAI.RequestOptions) {
    return super.respond(body, options);
  }
}

const read = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
const lines = async (stream: ReadableStream): Promise<unknown[]> => {
  const text = await new Response(stream).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};

/** How callers read a stream to its end, and get its items. */
const WAYS: Record<string, (call: Call) => Promise<unknown[]>> = {
  'reads it with for await': async (call) => read(await call()),
  'asks for the response beside it': async (call) => read((await call().withResponse()).data),
  'reads both halves of a tee': async (call) => {
    const [left, right] = (await call()).tee();
    const [items, same] = await Promise.all([read(left), read(right)]);
    expect(items).toEqual(same);
    return items;
  },
  'reads one half of a tee': async (call) => read((await call()).tee()[1]),
  'turns it into a ReadableStream': async (call) => lines((await call()).toReadableStream()),
  'reads it with an iterator of its own': async (call) => {
    const items: unknown[] = [];
    const iterator = (await call())[Symbol.asyncIterator]();
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) items.push(next.value);
    return items;
  },
};

describe.each(STREAMS)('$fixture', ({ fixture, method, body, chunks, attributes }) => {
  test.each(Object.entries(WAYS))('a caller that %s gets every item, and it is told once', async (_way, readAll) => {
    openai.reply(fixture, fixture);
    const expected = await readAll(() => new Undecorated()[method](body));
    expect(await readAll(() => new Model()[method](body))).toEqual(expected);
    expect(expected).toHaveLength(chunks);

    expect({ ...telemetry.span, attributes: withoutLocalCost(telemetry.span.attributes) }).toEqual({
      name: `chat ${attributes['gen_ai.request.model']}`,
      kind: 'CLIENT',
      attributes: {
        'annotel.operation': 'chat',
        'code.function.name': `Model.${method}`,
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        ...attributes,
      },
      ...('error.type' in attributes && { error: '' }),
    });
    const tokens = (await telemetry.points('gen_ai.client.token.usage')).map(({ count, sum }) => ({ count, sum }));
    const counted = [attributes['gen_ai.usage.input_tokens'], attributes['gen_ai.usage.output_tokens']];
    expect(tokens).toEqual(counted.filter((sum) => sum !== undefined).map((sum) => ({ count: 1, sum })));
    expect(await telemetry.points('gen_ai.client.operation.time_to_first_chunk')).toMatchObject([{ count: 1 }]);
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([
      { count: chunks - 1 },
    ]);
  });
});

test('a method may hand on the response beside the stream', async () => {
  openai.reply(STREAMED_CHAT.fixture);
  const ask = LlmCall()((body: object) => new Undecorated().chat(body).withResponse());
  const { data } = await ask(STREAMED_CHAT.body);
  expect(telemetry.spans).toEqual([]);
  expect(await read(data)).toHaveLength(10);
  expect(telemetry.span.attributes).toMatchObject({ ...streamedChat, 'gen_ai.usage.output_tokens': 10 });
});

test('the stream stays the client’s own, with its class and its controller', async () => {
  openai.reply(STREAMED_CHAT.fixture);
  let returned: Events | undefined;
  const ask = LlmCall()(async () => {
    returned = await new Undecorated().chat(STREAMED_CHAT.body);
    return returned;
  });
  const stream = await ask();
  expect(stream).toBe(returned);
  expect(stream).toBeInstanceOf(Stream);
  expect(stream.controller).toBeInstanceOf(AbortController);
  await read(stream);
  await expect(read(stream)).rejects.toThrow('Cannot iterate over a consumed stream');
  expect(telemetry.spans).toHaveLength(1);
});

describe('a stream that is not read to its end', () => {
  const held: Reply = { fixture: STREAMED_CHAT.fixture, holdAfter: 3 };
  const cut = { ...streamedChat, 'gen_ai.response.finish_reasons': ['error'] };
  const firstOf = async (stream: AsyncIterable<unknown>): Promise<unknown> => {
    for await (const item of stream) return item;
    return undefined;
  };

  test.each<[string, (stream: Events) => Promise<unknown>]>([
    ['by a break', firstOf],
    [
      'by both halves of a tee',
      async (stream) => {
        const [left, right] = stream.tee();
        await firstOf(left);
        expect(telemetry.spans).toEqual([]);
        await firstOf(right);
      },
    ],
    [
      'by cancelling the ReadableStream made of it',
      async (stream) => {
        const reader = stream.toReadableStream().getReader();
        await reader.read();
        await reader.cancel();
      },
    ],
  ])('%s ends there, tells so, and lets go of the connection', async (_way, stop) => {
    openai.reply(held);
    const gone = openai.hungUp();
    await stop(await new Model().chat(STREAMED_CHAT.body));
    await gone;
    expect(telemetry.span.attributes).toMatchObject({ ...cut, 'annotel.stream.end': 'stopped' });
    expect(telemetry.span.error).toBeUndefined();
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
  });

  test.each<[string, (stream: Events, abort: AbortController) => void]>([
    ['through its own controller', (stream) => stream.controller.abort()],
    ['through the signal that the caller gave', (_stream, abort) => abort.abort()],
  ])('because it is aborted %s ends as the client ends it', async (_way, abort) => {
    openai.reply(held, held);
    const endOf = async (model: Undecorated): Promise<unknown> => {
      const caller = new AbortController();
      const stream = await model.chat(STREAMED_CHAT.body, { signal: caller.signal });
      const items: unknown[] = [];
      try {
        for await (const item of stream) {
          items.push(item);
          if (items.length === 3) abort(stream, caller);
        }
      } catch (error) {
        return [items, error];
      }
      return items;
    };
    expect(await endOf(new Model())).toEqual(await endOf(new Undecorated()));
    expect(telemetry.span.attributes).toMatchObject(cut);
  });

  test('because the connection breaks fails, and keeps what was known', async () => {
    openai.reply({ fixture: STREAMED_CHAT.fixture, cutAfter: 3 });
    const items: unknown[] = [];
    const readAll = async () => {
      for await (const item of await new Model().chat(STREAMED_CHAT.body)) items.push(item);
    };
    await expect(readAll()).rejects.toThrow('terminated');
    expect(items).toHaveLength(3);
    expect(telemetry.span).toMatchObject({ error: 'terminated', attributes: { ...cut, 'error.type': 'TypeError' } });
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([{ count: 2 }]);
  });

  test('because the API reports an error within it fails by the code of that error', async () => {
    openai.reply('chat-completion-stream-error.sse');
    await expect(new Model().chat(STREAMED_CHAT.body).then(read)).rejects.toThrow(OpenAI.APIError);
    expect(telemetry.span).toMatchObject({
      error: expect.stringContaining('The server had an error'),
      attributes: { ...cut, 'error.type': 'server_error' },
    });
  });

  test('because it is refused fails like any other call', async () => {
    openai.reply('error-429.json');
    await expect(new Model().chat(STREAMED_CHAT.body).then(read)).rejects.toThrow(OpenAI.RateLimitError);
    expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'rate_limit_exceeded' });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.time_to_first_chunk']);
  });
});
