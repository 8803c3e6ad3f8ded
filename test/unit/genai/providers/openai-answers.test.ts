import { describe, expect, test } from '@jest/globals';
import type { APIPromise } from 'openai';
import { Embedding, LlmCall } from '../../../../lib/index.js';
import { ANSWERS, type ModelClient } from '../../../support/openai-answers.js';
import { withoutLocalCost } from '../../../support/openai-compatible.js';
import { useOpenAI } from '../../../support/openai-server.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();
const openai = useOpenAI();

/** The client as an app wraps it, by what its methods return. */
class Undecorated implements ModelClient {
  chat(body: object): APIPromise<object> {
    return openai.client.chat.completions.create(body as never);
  }
  respond(body: object): APIPromise<object> {
    return openai.client.responses.create(body as never) as APIPromise<object>;
  }
  complete(body: object): APIPromise<object> {
    return openai.client.completions.create(body as never);
  }
  embed(body: object): APIPromise<object> {
    return openai.client.embeddings.create(body as never);
  }
}
class Model extends Undecorated {
  @LlmCall()
  override chat(body: object) {
    return super.chat(body);
  }
  @LlmCall()
  override respond(body: object) {
    return super.respond(body);
  }
  @LlmCall({ operation: 'text_completion' })
  override complete(body: object) {
    return super.complete(body);
  }
  @Embedding()
  override embed(body: object) {
    return super.embed(body);
  }
}

/** What callers do with the promise of the client. */
const WAYS: Record<string, (call: () => APIPromise<object>) => Promise<unknown>> = {
  'awaits it': async (call) => await call(),
  'awaits it twice': async (call) => {
    const promise = call();
    const [first, second] = [await promise, await promise];
    return [first, first === second];
  },
  'takes it with then': (call) => call().then((answer) => [answer]),
  'asks for the response beside it': async (call) => {
    const { data, response, request_id } = await call().withResponse();
    return { data, status: response.status, request_id };
  },
  'asks for the bare response': async (call) => {
    const response = await call().asResponse();
    return { body: await response.json(), type: response.headers.get('content-type') };
  },
  'asks for the response and awaits it': async (call) => {
    const promise = call();
    const [{ data }, answer] = await Promise.all([promise.withResponse(), promise]);
    return [data === answer, answer];
  },
};

describe.each(ANSWERS)('$fixture', ({ fixture, method, body, span, attributes }) => {
  test.each(Object.entries(WAYS))('a caller that %s gets it, and it is told once', async (_way, read) => {
    openai.reply(fixture, fixture);
    const expected = await read(() => new Undecorated()[method](body));
    expect(await read(() => new Model()[method](body))).toEqual(expected);

    const operation = span.split(' ')[0];
    expect({ ...telemetry.span, attributes: withoutLocalCost(telemetry.span.attributes) }).toEqual({
      name: span,
      kind: 'CLIENT',
      attributes: {
        'annotel.operation': operation,
        'code.function.name': `Model.${method}`,
        'gen_ai.operation.name': operation,
        'gen_ai.provider.name': 'openai',
        ...attributes,
      },
      // The answer itself says that it failed: there is no message of an exception.
      ...('error.type' in attributes && { error: '' }),
    });
    expect(telemetry.logs).toHaveLength(1);
    const tokens = (await telemetry.points('gen_ai.client.token.usage')).map(({ count, sum }) => ({ count, sum }));
    const counted = [attributes['gen_ai.usage.input_tokens'], attributes['gen_ai.usage.output_tokens']];
    expect(tokens).toEqual(counted.filter((sum) => sum !== undefined).map((sum) => ({ count: 1, sum })));
  });
});

test.each(ANSWERS)(
  '$fixture is told the same by a method that awaits it',
  async ({ fixture, method, body, span, attributes }) => {
    openai.reply(fixture);
    const decorate =
      method === 'embed' ? Embedding() : LlmCall({ operation: method === 'complete' ? 'text_completion' : 'chat' });
    await decorate(async (asked: object) => await new Undecorated()[method](asked))(body);
    expect(telemetry.span).toMatchObject({ name: span, attributes });
  },
);

test('a method may hand on the response beside the answer', async () => {
  openai.reply('chat-completion.json');
  const ask = LlmCall()(() => openai.client.chat.completions.create({ model: 'gpt-4o', messages: [] }).withResponse());
  const { data, response } = await ask();
  expect([data.id, response.status]).toEqual(['chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', 200]);
  expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.response.id': data.id, 'gen_ai.usage.input_tokens': 1117 });
});

test('the promise of the client stays the very same object', async () => {
  openai.reply('chat-completion.json');
  let returned: unknown;
  const ask = LlmCall()((body: object) => {
    returned = openai.client.chat.completions.create(body as never);
    return returned;
  });
  const received = ask({ model: 'gpt-4o', messages: [] });
  expect(received).toBe(returned);
  await received;
});

test.each([
  ['numbers', undefined, expect.any(Array), 4],
  ['base64', 'base64', expect.any(String), 4],
])(
  'embeddings come as %s where that is what is asked for, and are counted',
  async (_what, encoding_format, embedding, dimensions) => {
    openai.reply('embeddings.json');
    const answer = await new Model().embed({ model: 'text-embedding-3-small', input: 'text', encoding_format });
    expect(answer).toMatchObject({ data: [{ embedding }, { embedding }] });
    expect(telemetry.span.attributes['gen_ai.embeddings.dimension.count']).toBe(dimensions);
  },
);
