import { expect, test } from '@jest/globals';
import type { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { LlmCall } from '../../../../lib/index.js';
import { useOpenAI } from '../../../support/openai-server.js';
import { STREAMED_CHAT } from '../../../support/openai-streams.js';
import { useTelemetry } from '../../../support/telemetry.js';

/* The client's `.stream()` helpers run by themselves: they may be iterated, listened to, or only waited for. */

const telemetry = useTelemetry();
const openai = useOpenAI();

const ask = LlmCall({ provider: 'openai' })((body: object) => openai.client.chat.completions.stream(body as never));

const WAYS: Record<string, (helper: ChatCompletionStream<null>) => Promise<unknown>> = {
  'waits for its completion': async (helper) => (await helper.finalChatCompletion()).choices[0]?.message.content,
  'listens to it': (helper) => {
    let text = '';
    helper.on('content', (delta) => {
      text += delta;
    });
    return helper.done().then(() => text);
  },
  'iterates it': async (helper) => {
    let text = '';
    for await (const chunk of helper) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  },
};

test.each(Object.entries(WAYS))('a caller that %s gets the text, and the call is told once', async (_way, read) => {
  openai.reply(STREAMED_CHAT.fixture, STREAMED_CHAT.fixture);
  const expected = await read(openai.client.chat.completions.stream(STREAMED_CHAT.body as never));
  expect(await read(ask(STREAMED_CHAT.body))).toBe(expected);
  expect(telemetry.span.attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 19,
    'gen_ai.usage.output_tokens': 10,
  });
  expect(telemetry.span.attributes['annotel.stream.end']).toBeUndefined();
});

test('a helper that its caller aborts was stopped', async () => {
  openai.reply(STREAMED_CHAT.fixture);
  const helper = ask(STREAMED_CHAT.body);
  helper.on('chunk', () => helper.abort());
  await expect(helper.done()).rejects.toThrow('aborted');
  expect(telemetry.span.attributes['annotel.stream.end']).toBe('stopped');
  expect(telemetry.span.error).toBeUndefined();
});

test('a helper that fails fails the call', async () => {
  openai.reply('error-404.json');
  await expect(ask(STREAMED_CHAT.body).finalChatCompletion()).rejects.toThrow('404');
  expect(telemetry.span.error).toContain('404');
});
