import { RateLimitError } from '@anthropic-ai/sdk';
import { describe, expect, test } from '@jest/globals';
import { type Attributes, trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { measuredUsage } from '../support/model-usage.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer } from '../support/wire-server.js';
import { answered, type Model, model, plain, request, tokens, useServer } from './anthropic-model.js';

const telemetry = useTelemetry();
const server = useServer(useWireServer());

describe('an answer', () => {
  test.each<[string, string, Attributes]>([
    ['plain', 'message', answered('msg_013Zva2CMHLNnjNjJJKqJ2EF', 'end_turn', tokens(12, 9))],
    [
      'with cached tokens and thinking',
      'message-cached-thinking',
      answered('msg_01CachedThinking', 'end_turn', {
        ...tokens(2525, 503),
        'gen_ai.usage.cache_creation.input_tokens': 456,
        'gen_ai.usage.cache_read.input_tokens': 2048,
        'gen_ai.usage.reasoning.output_tokens': 440,
      }),
    ],
    ['that asks for a tool', 'message-tools', answered('msg_01Tools', 'tool_use', tokens(345, 65))],
    ['in the midst of a tool', 'message-server-tools', answered('msg_01ServerTools', 'pause_turn', tokens(2039, 31))],
    ['that is a refusal', 'message-refusal', answered('msg_01Refusal', 'refusal', tokens(564, 22))],
  ])(
    '%s is told by one span and one set of counts, and is the answer of the client',
    async (_case, name, attributes) => {
      server.reply(recorded(`anthropic/${name}.json`), recorded(`anthropic/${name}.json`));
      const answer = await model.ask(request);
      expect(telemetry.span).toMatchObject({ name: 'chat claude-sonnet-5', kind: 'CLIENT', attributes });
      expect(await measuredUsage(telemetry)).toEqual({
        calls: 1,
        input: attributes['gen_ai.usage.input_tokens'],
        output: attributes['gen_ai.usage.output_tokens'],
      });
      expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo/i);
      expect(answer).toEqual(await plain.ask(request));
    },
  );

  test.each<[string, (promise: ReturnType<Model['ask']>) => Promise<unknown>]>([
    ['withResponse()', async (promise) => (await promise.withResponse()).data],
    ['asResponse()', async (promise) => (await promise.asResponse()).json()],
  ])('asked for by %s is told alike', async (_way, ask) => {
    server.reply(recorded('anthropic/message.json'));
    expect(await ask(model.ask(request))).toMatchObject({ id: 'msg_013Zva2CMHLNnjNjJJKqJ2EF' });
    expect(telemetry.span.attributes).toMatchObject(tokens(12, 9));
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 12, output: 9 });
  });

  test('of which the method returns only the text is told by what the client says of it', async () => {
    server.reply(recorded('anthropic/message-cached-thinking.json'));
    expect(await model.text(request)).toBe('Wooden bars, struck by mallets.');
    expect(telemetry.span.attributes).toMatchObject(
      answered('msg_01CachedThinking', 'end_turn', {
        ...tokens(2525, 503),
        'gen_ai.usage.cache_creation.input_tokens': 456,
        'gen_ai.usage.cache_read.input_tokens': 2048,
      }),
    );
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 2525, output: 503 });
  });

  test('that is an error fails the call, once', async () => {
    server.reply({ ...recorded('anthropic/error-429.json'), status: 429 });
    await expect(model.ask(request)).rejects.toBeInstanceOf(RateLimitError);
    expect(telemetry.span).toMatchObject({ attributes: { 'error.type': 'RateLimitError' } });
    expect(telemetry.span.error).toContain('429');
  });
});

test('a call that nobody decorated is told by the client itself', async () => {
  server.reply(recorded('anthropic/message.json'), recorded('anthropic/message.json'));
  await model.ask(request);
  await plain.ask(request);
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['chat claude-sonnet-5', 'anthropic.messages.create']);
  expect(telemetry.spans[1]?.attributes).toMatchObject({ 'gen_ai.operation.name': 'chat', ...tokens(12, 9) });
  const [ours, theirs] = telemetry.captured.spans;
  expect(theirs?.spanContext().traceId).not.toBe(ours?.spanContext().traceId);
  expect(server.requests.map(({ headers }) => String(headers['traceparent']).split('-')[2])).toEqual([
    ours?.spanContext().spanId,
    theirs?.spanContext().spanId,
  ]);
});

test('a call that is not sampled still has its metrics, and sends on that it is not', async () => {
  await telemetry.restart({ sampler: { shouldSample: () => ({ decision: 0 }) } });
  server.reply(recorded('anthropic/message.json'));
  await model.text(request);
  expect(telemetry.spans).toEqual([]);
  expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 12, output: 9 });
  expect(server.requests[0]?.headers['traceparent']).toMatch(/-00$/);
});

test('the HTTP request is a child of the call', async () => {
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(trace.getTracerProvider());
  server.reply(recorded('anthropic/message.json'));
  await model.text(request);
  undici.disable();
  expect(telemetry.spans).toMatchObject([
    { name: 'POST', parent: 'chat claude-sonnet-5' },
    { name: 'chat claude-sonnet-5', attributes: tokens(12, 9) },
  ]);
});
