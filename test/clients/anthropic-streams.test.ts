import { expect, test } from '@jest/globals';
import { measuredUsage } from '../support/model-usage.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer } from '../support/wire-server.js';
import { answered, model, read, request, streaming, tokens, useServer } from './anthropic-model.js';

const telemetry = useTelemetry();
const server = useServer(useWireServer());

const STREAMED = answered('msg_01Streamed', 'end_turn', {
  ...tokens(1125, 48),
  'gen_ai.usage.cache_creation.input_tokens': 100,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.reasoning.output_tokens': 30,
});

const ways: [string, () => Promise<unknown>][] = [
  ['of events', async () => read(await model.stream(streaming))],
  ['of a helper that is iterated', async () => read(model.helper(request))],
  ['of a helper that is asked for the message', () => model.helper(request).finalMessage()],
  ['of a helper that is asked for the text', () => model.helper(request).finalText()],
  ['of a helper that is listened to', () => new Promise((done) => model.helper(request).on('end', () => done(1)))],
  ['in both halves of a tee', async () => Promise.all((await model.stream(streaming)).tee().map(read))],
];
test.each(ways)('a stream %s is told by one span and one set of counts', async (_way, consume) => {
  server.reply(recorded('anthropic/message-stream.sse'));
  await consume();
  expect(telemetry.span.attributes).toMatchObject({
    ...STREAMED,
    'gen_ai.request.stream': true,
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
  });
  expect(telemetry.span.error).toBeUndefined();
  expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 1125, output: 48 });
  expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo/i);
});

test.each<[string, () => Promise<unknown>]>([
  ['the text', () => model.streamedText(request)],
  ['pieces of the text', () => read(model.texts(streaming)).then((pieces) => pieces.join(''))],
])('a stream of which the method returns only %s is told by what the client says of it', async (_what, ask) => {
  server.reply(recorded('anthropic/message-stream.sse'));
  expect(await ask()).toBe('Wooden bars.');
  expect(telemetry.span.attributes).toMatchObject({ ...tokens(1125, 48), 'gen_ai.response.id': 'msg_01Streamed' });
  expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 1125, output: 48 });
});

test('a stream with tools has the counts of its last event', async () => {
  server.reply(recorded('anthropic/message-stream-tools.sse'));
  await read(await model.stream(streaming));
  expect(telemetry.span.attributes).toMatchObject(answered('msg_01StreamedTools', 'tool_use', tokens(10682, 89)));
});

test.each<[string, () => Promise<unknown>]>([
  ['read', async () => read(await model.stream(streaming))],
  ['waited for', () => model.helper(request).finalMessage()],
])('a stream that ends in an error fails the call that %s it, and keeps what was known', async (_way, consume) => {
  server.reply(recorded('anthropic/message-stream-error.sse'));
  await expect(consume()).rejects.toThrow('Overloaded');
  expect(telemetry.span).toMatchObject({
    error: expect.stringContaining('Overloaded'),
    attributes: { 'gen_ai.response.finish_reasons': ['error'], 'gen_ai.usage.input_tokens': 25 },
  });
  expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.output_tokens']);
});

const held = recorded('anthropic/message-stream.sse', { holdAfter: 5 });
test.each<[string, () => Promise<unknown>]>([
  [
    'a break',
    async () => {
      for await (const _event of await model.stream(streaming)) break;
    },
  ],
  [
    'an abort of the helper',
    async () => {
      const stream = model.helper(request);
      stream.on('streamEvent', () => stream.abort());
      await stream.done().catch(() => {});
    },
  ],
])('a stream that is stopped by %s tells so, and counts no output', async (_way, stop) => {
  server.reply(held);
  await stop();
  expect(telemetry.span.attributes).toMatchObject({
    'annotel.stream.end': 'stopped',
    'gen_ai.response.finish_reasons': ['error'],
    'gen_ai.response.id': 'msg_01Streamed',
  });
  expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.output_tokens']);
  expect(telemetry.span.error).toBeUndefined();
});
