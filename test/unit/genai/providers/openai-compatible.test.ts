import { expect, test } from '@jest/globals';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import OpenAI from 'openai';
import { LlmCall } from '../../../../lib/index.js';
import { COMPATIBLE_ANSWERS, COMPATIBLE_RESPONSES, withoutLocalCost } from '../../../support/openai-compatible.js';
import { useTelemetry } from '../../../support/telemetry.js';
import { recorded, useWireServer } from '../../../support/wire-server.js';

/* Servers that speak OpenAI's wire format, asked with OpenAI's client: which of them it was is seen from the answer. */

const telemetry = useTelemetry();
const server = useWireServer();

const client = () => new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 0 });
const request = (fixture: string) => ({ model: 'asked', messages: [], stream: fixture.endsWith('.sse') });

class Model {
  @LlmCall()
  chat(body: object): PromiseLike<unknown> {
    return client().chat.completions.create(body as never);
  }
  @LlmCall()
  respond(body: object): PromiseLike<unknown> {
    return client().responses.create(body as never);
  }
}

const readAll = async (answer: unknown): Promise<void> => {
  if (Symbol.asyncIterator in (answer as object)) for await (const _ of answer as AsyncIterable<unknown>);
};

/** What is told of every call here, besides what its answer says. */
const toldOf = (fixture: string, method: string, provider: string) => ({
  'annotel.operation': 'chat',
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': 'asked',
  ...(fixture.endsWith('.sse') && {
    'gen_ai.request.stream': true,
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
  }),
});

test.each(COMPATIBLE_ANSWERS)('$fixture is of $provider', async ({ fixture, provider, attributes }) => {
  server.reply(recorded(`openai-compatible/${fixture}`));
  await readAll(await new Model().chat(request(fixture)));
  expect(withoutLocalCost(telemetry.span.attributes)).toEqual({ ...toldOf(fixture, 'chat', provider), ...attributes });
  expect(telemetry.span.error).toBe('error.type' in attributes ? '' : undefined);
});

test.each(COMPATIBLE_RESPONSES)('$fixture is of $provider', async ({ fixture, provider, attributes }) => {
  server.reply(recorded(`openai-compatible/${fixture}`));
  await new Model().respond({ model: 'asked', input: 'Capital?' });
  expect(telemetry.span.attributes).toEqual({ ...toldOf(fixture, 'respond', provider), ...attributes });
});

test.each(COMPATIBLE_ANSWERS.filter(({ fixture }) => !fixture.includes('failed')))(
  '$fixture of a sampled-out call is counted alike',
  async ({ fixture, provider, attributes }) => {
    await telemetry.restart({ sampler: new AlwaysOffSampler() });
    server.reply(recorded(`openai-compatible/${fixture}`));
    await readAll(await new Model().chat(request(fixture)));
    expect(telemetry.spans).toEqual([]);
    const points = await telemetry.points('gen_ai.client.token.usage');
    expect(points.map(({ sum }) => sum)).toEqual([
      attributes['gen_ai.usage.input_tokens'],
      attributes['gen_ai.usage.output_tokens'],
    ]);
    expect(points[0]?.attributes).toMatchObject({
      'gen_ai.provider.name': provider,
      'gen_ai.response.model': attributes['gen_ai.response.model'],
    });
  },
);

test('the provider that the user names wins', async () => {
  server.reply(recorded('openai-compatible/groq.json'));
  await LlmCall({ provider: 'my-gateway' })((body: object) => client().chat.completions.create(body as never))({
    model: 'asked',
    messages: [],
  });
  expect(telemetry.span.attributes['gen_ai.provider.name']).toBe('my-gateway');
});

test('an error in the middle of a stream fails the call, and what was received is told', async () => {
  server.reply(recorded('openai-compatible/openrouter-failed.sse'));
  await expect(new Model().chat(request('.sse')).then(readAll)).rejects.toThrow(OpenAI.APIError);
  expect(telemetry.span).toMatchObject({
    error: expect.stringContaining('Provider disconnected unexpectedly'),
    attributes: {
      'error.type': '502',
      'gen_ai.provider.name': 'openrouter',
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.response.id': 'gen-1764031697-vqvW0uz7ouT4gsp3FYqp',
    },
  });
});

test.each(['groq.sse', 'azure.sse', 'xai.sse', 'openrouter.sse', 'vllm.sse', 'together.sse', 'fireworks.sse'])(
  '%s that is cut off after its second chunk still tells its provider',
  async (fixture) => {
    const provider = COMPATIBLE_ANSWERS.find((answer) => answer.fixture === fixture)?.provider;
    server.reply(recorded(`openai-compatible/${fixture}`, { cutAfter: fixture.startsWith('openrouter') ? 3 : 2 }));
    await expect(new Model().chat(request(fixture)).then(readAll)).rejects.toThrow('terminated');
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': provider,
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  },
);
