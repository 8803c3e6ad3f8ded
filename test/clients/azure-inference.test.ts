import ModelClient, { type GetChatCompletionsBodyParam, isUnexpected } from '@azure-rest/ai-inference';
import { describe, expect, test } from '@jest/globals';
import { Embedding, LlmCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { fixture, recorded, useWireServer } from '../support/wire-server.js';

type Attributes = Record<string, unknown>;

const telemetry = useTelemetry();
const server = useWireServer();

type Body = GetChatCompletionsBodyParam['body'];
const body: Body = { model: 'mistral-large', messages: [{ role: 'user', content: 'What is a xylophone?' } as never] };

class Undecorated {
  protected client(path = '') {
    return ModelClient(
      `${server.url}${path}`,
      { key: 'key' },
      { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } },
    );
  }
  /** The request is the options of the client. */
  ask(options: { body: Body; path?: string }) {
    return this.client(options.path).path('/chat/completions').post(options);
  }
  /** As the client's own samples do it: the caller parses the events of the body. */
  stream(options: { body: Body; abortSignal?: AbortSignal }) {
    return this.client().path('/chat/completions').post(options).asNodeStream();
  }
  async *events(options: { body: Body }) {
    const { body } = await this.client().path('/chat/completions').post(options).asNodeStream();
    for (const data of (await textOf(body)).match(/(?<=data: ).*/g) ?? []) yield { id: '', event: 'message', data };
  }
  embed(body: { model: string; input: string[]; dimensions?: number; encoding_format?: string }) {
    return this.client().path('/embeddings').post({ body });
  }
}
class Model extends Undecorated {
  @LlmCall()
  override ask(options: { body: Body; path?: string }) {
    return super.ask(options);
  }
  @LlmCall()
  override stream(options: { body: Body; abortSignal?: AbortSignal }) {
    return super.stream(options);
  }
  @LlmCall()
  override events(options: { body: Body }) {
    return super.events(options);
  }
  @Embedding()
  override embed(body: { model: string; input: string[] }) {
    return super.embed(body);
  }
}

async function textOf(stream: AsyncIterable<unknown> | undefined): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString();
}

const chat = (method: string): Attributes => ({
  'annotel.operation': 'chat',
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'mistral-large',
});
/** What pricing adds is told by its own tests. */
const withoutCost = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith('annotel.cost.')));

describe('an answer', () => {
  test('is told by its body, and handed on as it is', async () => {
    server.reply(recorded('azure-inference/chat.json'));
    const answer = await new Model().ask({ body });
    if (isUnexpected(answer)) throw answer.body.error;
    expect(answer.body.choices[0]?.message.content).toBe('A percussion instrument.');
    const { attributes, ...span } = telemetry.span;
    expect(span).toEqual({ name: 'chat mistral-large', kind: 'CLIENT' });
    expect(withoutCost(attributes)).toEqual({
      ...chat('ask'),
      'gen_ai.provider.name': 'azure.ai.inference',
      'gen_ai.response.id': 'c1f0',
      'gen_ai.response.model': 'mistral-large-2411',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 19,
      'gen_ai.usage.output_tokens': 91,
    });
  });

  test('with calls of tools, cached and reasoning tokens', async () => {
    server.reply(recorded('azure-inference/chat-tools.json'));
    await new Model().ask({ body });
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.usage.input_tokens': 82,
      'gen_ai.usage.output_tokens': 17,
      'gen_ai.usage.cache_read.input_tokens': 64,
      'gen_ai.usage.reasoning.output_tokens': 8,
    });
  });

  test('of a deployment of Azure OpenAI is told as one', async () => {
    server.reply(recorded('azure-inference/chat-tools.json'));
    await new Model().ask({ body, path: '/openai/deployments/gpt-4o' });
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': 'azure.ai.openai',
      'openai.api.type': 'chat_completions',
    });
  });

  test('of embeddings is told with their dimensions', async () => {
    server.reply(recorded('azure-inference/embeddings.json'));
    await new Model().embed({ model: 'cohere-embed', input: ['one'] });
    expect(withoutCost(telemetry.span.attributes)).toMatchObject({
      'gen_ai.provider.name': 'azure.ai.inference',
      'gen_ai.request.model': 'cohere-embed',
      'gen_ai.response.model': 'cohere-embed-v3',
      'gen_ai.embeddings.dimension.count': 3,
      'gen_ai.usage.input_tokens': 4,
    });
  });
});

test('a request is told with the parameters of its body', async () => {
  server.reply(recorded('azure-inference/chat.json'));
  await new Model().ask({
    body: {
      ...body,
      max_tokens: 100,
      temperature: 0.2,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
      presence_penalty: 0.1,
      frequency_penalty: 0.3,
      response_format: { type: 'json_object' },
    },
  });
  expect(telemetry.span.attributes).toMatchObject({
    'gen_ai.request.max_tokens': 100,
    'gen_ai.request.temperature': 0.2,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.seed': 7,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.request.presence_penalty': 0.1,
    'gen_ai.request.frequency_penalty': 0.3,
    'gen_ai.output.type': 'json',
  });
});

describe('a failure is an answer, and its call has failed', () => {
  test.each<[string, number, string]>([
    ['error-401', 401, 'Unauthorized'],
    ['error-422', 422, 'parameter_not_supported'],
    ['error-500', 500, '500'],
  ])('%s', async (file, status, error) => {
    server.reply(recorded(`azure-inference/${file}.json`, { status }));
    const answer = await new Model().ask({ body });
    expect(answer.status).toBe(String(status));
    expect(telemetry.span).toMatchObject({
      attributes: { 'error.type': error, 'gen_ai.provider.name': 'azure.ai.inference' },
      error: '',
    });
  });

  test('so has one that asked for a stream', async () => {
    server.reply(
      recorded('azure-inference/error-401.json', { status: 401, headers: { 'x-ms-error-code': 'AccessDenied' } }),
    );
    const answer = await new Model().stream({ body: { ...body, stream: true } });
    expect(await textOf(answer.body)).toContain('invalid subscription key');
    expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'AccessDenied' });
  });
});

/** What can be read of a stream's events; which service sent them cannot. */
const streamed: Attributes = {
  'gen_ai.request.stream': true,
  'gen_ai.response.time_to_first_chunk': expect.any(Number),
  'gen_ai.response.id': 's1f0',
  'gen_ai.response.model': 'mistral-large-2411',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 19,
  'gen_ai.usage.output_tokens': 5,
};

describe('a stream', () => {
  test.each<[string, number | undefined]>([
    ['event by event', undefined],
    ['a byte at a time', 1],
    ['in pieces that divide lines and letters', 7],
  ])('is read as its caller reads the body, %s', async (_how, size) => {
    const text = fixture('azure-inference/stream.sse');
    const whole = Buffer.from(text);
    const pieces =
      size &&
      Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, at * size + size));
    server.reply(recorded('azure-inference/stream.sse', pieces ? { body: pieces } : {}));
    const answer = await new Model().stream({ body: { ...body, stream: true } });
    expect(telemetry.spans).toEqual([]);
    expect(await textOf(answer.body)).toBe(text);
    expect(withoutCost(telemetry.span.attributes)).toEqual({ ...chat('stream'), ...streamed });
  });

  test('is read by the events that the method hands on', async () => {
    server.reply(recorded('azure-inference/stream.sse'));
    let events = 0;
    for await (const _event of new Model().events({ body: { ...body, stream: true } })) events++;
    expect(events).toBe(5);
    expect(withoutCost(telemetry.span.attributes)).toEqual({ ...chat('events'), ...streamed });
  });

  test('that its reader leaves tells what was received', async () => {
    server.reply(recorded('azure-inference/stream.sse', { holdAfter: 2 }));
    const hungUp = server.hungUp();
    const answer = await new Model().stream({ body: { ...body, stream: true } });
    for await (const piece of answer.body ?? []) if (String(piece).includes('xylo')) break;
    await hungUp;
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.response.id': 's1f0',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  test('that is aborted has failed', async () => {
    server.reply(recorded('azure-inference/stream.sse', { holdAfter: 2 }));
    const abort = new AbortController();
    const answer = await new Model().stream({ body: { ...body, stream: true }, abortSignal: abort.signal });
    const reading = (async () => {
      for await (const piece of answer.body ?? []) if (String(piece).includes('xylo')) abort.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': 'AbortError',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });
});
