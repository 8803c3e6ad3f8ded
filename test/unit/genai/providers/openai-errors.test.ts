import { expect, test } from '@jest/globals';
import OpenAI, { APIUserAbortError } from 'openai';
import { LlmCall, llmRequest } from '../../../../lib/index.js';
import { messages } from '../../../support/openai-answers.js';
import { useOpenAI } from '../../../support/openai-server.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();
const openai = useOpenAI();

class Model {
  @LlmCall()
  chat(options?: OpenAI.RequestOptions, client = openai.client) {
    const request = llmRequest({ model: 'gpt-4o', messages });
    return client.chat.completions.create(request as never, options);
  }
}

const ERRORS: [fixture: string, expected: new (...args: never[]) => Error, type: string][] = [
  ['error-404.json', OpenAI.NotFoundError, 'model_not_found'],
  ['error-429.json', OpenAI.RateLimitError, 'rate_limit_exceeded'],
  ['error-500.json', OpenAI.InternalServerError, 'InternalServerError'],
];

test.each(ERRORS)(
  '%s reaches the caller as the error of the client, and is told by its code',
  async (fixture, expected, type) => {
    openai.reply(fixture);
    const error = await new Model().chat().then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(expected);
    expect(telemetry.span).toMatchObject({
      name: 'chat gpt-4o',
      error: error.message,
      attributes: { 'error.type': type },
    });
    expect(telemetry.logs).toMatchObject([
      {
        eventName: 'gen_ai.client.operation.exception',
        attributes: { 'error.type': type, 'exception.type': expected.name, 'exception.message': error.message },
      },
    ]);
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
    expect(await telemetry.points('gen_ai.client.operation.duration')).toMatchObject([
      { attributes: { 'error.type': type }, count: 1 },
    ]);
  },
);

test.each<[string, (promise: ReturnType<Model['chat']>) => Promise<unknown>]>([
  ['catch', (promise) => promise.catch((error) => error)],
  ['then', (promise) => promise.then(undefined, (error) => error)],
  ['withResponse', (promise) => promise.withResponse().catch((error) => error)],
  ['asResponse', (promise) => promise.asResponse().catch((error) => error)],
])('a caller that handles the error with %s gets it, and it is told once', async (_way, handle) => {
  openai.reply('error-404.json');
  expect(await handle(new Model().chat())).toBeInstanceOf(OpenAI.NotFoundError);
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'model_not_found' });
});

test('the retries of the client are one call', async () => {
  openai.reply('error-429.json', 'error-500.json', 'chat-completion.json');
  const answer = await new Model().chat({ maxRetries: 2 });
  expect(answer.id).toBe('chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG');
  expect(openai.requests).toHaveLength(3);
  expect(telemetry.span).toMatchObject({ attributes: { 'gen_ai.response.id': answer.id } });
  expect(telemetry.span.error).toBeUndefined();
  expect(await telemetry.points('gen_ai.client.operation.duration')).toMatchObject([{ count: 1 }]);
});

test('retries that all fail are one failure', async () => {
  openai.reply('error-500.json', 'error-429.json');
  await expect(new Model().chat({ maxRetries: 1 })).rejects.toThrow(OpenAI.RateLimitError);
  expect(openai.requests).toHaveLength(2);
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'rate_limit_exceeded' });
});

test('a request that its caller aborts is a failure of that name', async () => {
  openai.reply('chat-completion.json');
  const abort = AbortSignal.abort();
  await expect(new Model().chat({ signal: abort })).rejects.toThrow(APIUserAbortError);
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'APIUserAbortError' });
});

test('a server that cannot be reached is a failure of that name', async () => {
  const unreachable = openai.client.withOptions({ baseURL: 'http://127.0.0.1:1/v1' });
  await expect(new Model().chat(undefined, unreachable)).rejects.toThrow(OpenAI.APIConnectionError);
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'APIConnectionError' });
});
