import { describe, expect, test } from '@jest/globals';
import { collectUntil } from '../support/garbage.js';
import { recorded } from '../support/wire-server.js';
import {
  answered,
  firstOf,
  firstText,
  Model,
  type Result,
  read,
  settled,
  TEXT,
  telemetry,
  tick,
  typesOf,
  Undecorated,
  wire,
} from './support/vercel.js';

describe('a streamed text that is not read to its end', () => {
  const cut = { 'gen_ai.response.finish_reasons': ['error'], 'gen_ai.request.stream': true };

  test.each<[string, (result: Result) => Promise<unknown>]>([
    ['by a break', (result) => firstOf(result.textStream)],
    ['by a break from fullStream', (result) => firstText(result.fullStream)],
    [
      'by a cancel',
      async (result) => {
        const reader = result.textStream.getReader();
        await reader.read();
        await reader.cancel();
      },
    ],
    [
      'by both of its readers',
      async (result) => {
        const [left, right] = [result.textStream, result.fullStream];
        await firstOf(left);
        for (let round = 0; round < 20; round++) await tick();
        expect(telemetry.spans).toEqual([]);
        await firstText(right);
      },
    ],
  ])('%s has been stopped', async (_way, stop) => {
    wire.reply(recorded(TEXT, { holdAfter: 3 }));
    await stop(new Model().text());
    await settled(() => telemetry.spans.length > 0);
    expect(telemetry.span.attributes).toMatchObject({ 'annotel.stream.end': 'stopped' });
    expect(telemetry.span.error).toBeUndefined();
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
  });

  test('goes on after a break when its usage is asked for', async () => {
    wire.reply(recorded(TEXT));
    const result = new Model().text();
    expect(await firstOf(result.textStream)).toBe('Hello');
    expect((await result.usage).outputTokens).toBe(10);
    expect(telemetry.span.attributes).toMatchObject(answered);
    expect(telemetry.span.attributes).not.toHaveProperty(['annotel.stream.end']);
  });

  test('because it is aborted ends as the SDK ends it', async () => {
    const endOf = async (model: Undecorated): Promise<unknown> => {
      wire.reply(recorded(TEXT, { holdAfter: 3 }));
      const abort = new AbortController();
      const types: string[] = [];
      const gone = wire.hungUp();
      for await (const { type } of model.text({ abortSignal: abort.signal }).fullStream) {
        types.push(type);
        if (type === 'text-delta') abort.abort();
      }
      await gone;
      return types;
    };
    expect(await endOf(new Model())).toEqual(await endOf(new Undecorated()));
    expect(telemetry.span.attributes).toMatchObject({ ...cut, 'annotel.stream.end': 'stopped' });
    expect(telemetry.span.error).toBeUndefined();
  });

  test('is abandoned when nobody holds it any more', async () => {
    wire.reply(recorded(TEXT));
    (() => void new Model().text())();
    await settled(() => wire.requests.length > 0);
    await collectUntil(() => telemetry.spans.length > 0);
    expect(telemetry.span.attributes).toMatchObject({ 'annotel.stream.end': 'abandoned' });
  }, 30_000);
});

describe('a streamed text that fails', () => {
  const ends: [string, (result: Result) => Promise<unknown>][] = [
    ['textStream', (result) => read(result.textStream)],
    ['fullStream', (result) => typesOf(result.fullStream)],
    ['text', (result) => Promise.resolve(result.text).catch((error: Error) => error.name)],
    ['consumeStream', (result) => Promise.resolve(result.consumeStream())],
    ['toUIMessageStreamResponse', (result) => result.toUIMessageStreamResponse().text()],
  ];
  const FAILURES: [string, { fixture: string; status?: number; cutAfter?: number }, object, string][] = [
    ['because it is refused', { fixture: 'openai/error-429.json', status: 429 }, { 'error.type': '429' }, 'Rate limit'],
    [
      'within',
      { fixture: 'openai/chat-completion-stream-error.sse' },
      { 'error.type': 'server_error' },
      'The server had an error',
    ],
    [
      'because the connection breaks',
      { fixture: TEXT, cutAfter: 3 },
      { 'error.type': 'AI_APICallError' },
      'terminated|Failed to process',
    ],
  ];
  describe.each(FAILURES)('%s', (_how, { fixture, ...reply }, attributes, message) => {
    test.each(ends)('is told as failed when it is read by %s', async (_way, readAll) => {
      wire.reply(recorded(fixture, reply), recorded(fixture, reply));
      const end = (model: Undecorated) => readAll(model.text()).catch((error: Error) => error.message);
      expect(await end(new Model())).toEqual(await end(new Undecorated()));
      expect(telemetry.span).toMatchObject({ attributes, error: expect.stringMatching(message) });
      expect(telemetry.span.attributes).not.toHaveProperty(['annotel.stream.end']);
    });
  });
});
