import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { LlmCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { fixture, recorded, useWireServer } from '../support/wire-server.js';
import { answered, bedrock, cached, framed, read, tokens } from './bedrock-wire.js';

const telemetry = useTelemetry();
const server = useWireServer();

class Model {
  @LlmCall()
  converse(request: ConverseCommandInput) {
    return bedrock(server.url).send(new ConverseCommand(request));
  }
  @LlmCall()
  converseStream(request: ConverseCommandInput, abortSignal?: AbortSignal) {
    return bedrock(server.url).send(new ConverseStreamCommand(request), { abortSignal });
  }
}

const model = new Model();
const SONNET = 'us.anthropic.claude-3-5-sonnet-20241022-v2:0';
const request: ConverseCommandInput = {
  modelId: SONNET,
  messages: [{ role: 'user', content: [{ text: 'What is a xylophone?' }] }],
};
const nothingSaid = () => expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo|wooden/i);

describe('Converse', () => {
  test.each<[string, string, Attributes, cost: number]>([
    ['plain', 'converse', answered('end_turn', tokens(12, 9), SONNET), 0.000171],
    [
      'with cached tokens',
      'converse-cached',
      answered('end_turn', { ...tokens(1512, 9), ...cached(1200, 300) }, SONNET),
      0.001656,
    ],
    ['that asks for a tool', 'converse-tools', answered('tool_use', tokens(340, 61), SONNET), 0.001935],
    ['with reasoning', 'converse-reasoning', answered('end_turn', tokens(40, 120), SONNET), 0.00192],
    ['of a guardrail', 'converse-guardrail', answered('guardrail_intervened', tokens(0, 0), SONNET), 0],
  ])('an answer %s is told, priced, and is the answer of the client', async (_case, name, attributes, cost) => {
    server.reply(recorded(`bedrock/${name}.json`));
    const answer = await model.converse(request);
    expect(answer).toMatchObject(JSON.parse(fixture(`bedrock/${name}.json`)));
    expect(telemetry.span).toMatchObject({ name: `chat ${SONNET}`, kind: 'CLIENT', attributes });
    expect(telemetry.span.attributes['annotel.cost.amount']).toBeCloseTo(cost, 12);
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.response.model']);
    expect(telemetry.span.error).toBeUndefined();
    nothingSaid();
  });

  test('an answer by way of a prompt router tells which model gave it', async () => {
    server.reply(recorded('bedrock/converse-router.json'));
    await model.converse({
      ...request,
      modelId: 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic:1',
    });
    expect(telemetry.span.attributes['gen_ai.response.model']).toMatch(/us\.anthropic\.claude-3-5-sonnet/);
    expect(telemetry.span.attributes['annotel.cost.amount']).toBeCloseTo(0.000171, 12);
  });

  test('an error fails the call', async () => {
    server.reply({
      status: 429,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'ThrottlingException' },
      body: '{"message":"Too many tokens, please wait."}',
    });
    await expect(model.converse(request)).rejects.toBeInstanceOf(ThrottlingException);
    expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'ThrottlingException' });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });
});

describe('ConverseStream', () => {
  test.each<[string, string, Attributes]>([
    ['plain', 'converse-stream', answered('end_turn', { ...tokens(1125, 48), ...cached(1000, 100) }, SONNET)],
    ['with reasoning, that asks for a tool', 'converse-stream-tools', answered('tool_use', tokens(340, 61), SONNET)],
    ['of a guardrail', 'converse-stream-guardrail', answered('guardrail_intervened', tokens(12, 0), SONNET)],
  ])('a stream %s is told at its end', async (_case, name, attributes) => {
    server.reply(framed(name));
    const { stream } = await model.converseStream(request);
    expect(telemetry.spans).toEqual([]);
    expect(await read(stream)).toEqual(JSON.parse(fixture(`bedrock/${name}.events.json`)));
    expect(telemetry.span).toMatchObject({
      name: `chat ${SONNET}`,
      attributes: {
        ...attributes,
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'annotel.cost.currency': 'USD',
      },
    });
    nothingSaid();
  });

  test('an exception in its midst fails the call', async () => {
    server.reply(framed('converse-stream-exception'));
    const { stream } = await model.converseStream(request);
    await expect(read(stream)).rejects.toBeInstanceOf(ThrottlingException);
    expect(telemetry.span.attributes).toMatchObject({
      'error.type': 'ThrottlingException',
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['annotel.cost.amount']);
  });

  test('a reader who stops early ends the call', async () => {
    server.reply(framed('converse-stream', undefined, { holdAfter: 3 }));
    const { stream } = await model.converseStream(request);
    for await (const { contentBlockDelta } of stream ?? []) if (contentBlockDelta) break;
    expect(telemetry.span).toMatchObject({
      attributes: { 'annotel.stream.end': 'stopped', 'gen_ai.response.finish_reasons': ['error'] },
    });
    expect(telemetry.span.error).toBeUndefined();
  });

  test('one that is aborted fails the call', async () => {
    server.reply(framed('converse-stream', undefined, { holdAfter: 2 }));
    const abort = new AbortController();
    const { stream } = await model.converseStream(request, abort.signal);
    const reading = (async () => {
      for await (const event of stream ?? []) if (event.contentBlockDelta) setImmediate(() => abort.abort());
    })();
    await expect(reading).rejects.toThrow();
    expect(telemetry.span.error).toBeDefined();
    expect(telemetry.span.attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });
});
