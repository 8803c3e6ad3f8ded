import { InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Embedding, LlmCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { fixture, recorded, useWireServer } from '../support/wire-server.js';
import { answered, bedrock, cached, framed, read, tokens } from './bedrock-wire.js';

const telemetry = useTelemetry();
const server = useWireServer();

class Model {
  @LlmCall()
  invoke(request: { modelId: string; body: string }) {
    return bedrock(server.url).send(new InvokeModelCommand(request));
  }
  @LlmCall()
  invokeStream(request: { modelId: string; body: string }) {
    return bedrock(server.url).send(new InvokeModelWithResponseStreamCommand(request));
  }
  @LlmCall({ provider: 'my-gateway' })
  elsewhere(request: { modelId: string; body: string }) {
    return bedrock(server.url).send(new InvokeModelCommand(request));
  }
  @Embedding()
  embed(request: { modelId: string; body: string }) {
    return bedrock(server.url).send(new InvokeModelCommand(request));
  }
}

const model = new Model();
const SONNET = 'us.anthropic.claude-3-5-sonnet-20241022-v2:0';
const invocation = { modelId: SONNET, body: '{"prompt":"What is a xylophone?"}' };
const chunk = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)).toString('base64') } });
const nothingSaid = () => expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo|wooden/i);

describe('InvokeModel', () => {
  test.each<[string, modelId: string, reason: string, usage: Attributes]>([
    [
      'anthropic',
      SONNET,
      'end_turn',
      { ...tokens(1512, 9), ...cached(1200, 300), 'gen_ai.response.id': 'msg_bdrk_01Invoked' },
    ],
    ['nova', 'us.amazon.nova-lite-v1:0', 'end_turn', { ...tokens(12, 9), ...cached(0, 0) }],
    ['titan', 'amazon.titan-text-express-v1', 'FINISH', tokens(12, 9)],
    ['llama', 'us.meta.llama3-3-70b-instruct-v1:0', 'stop', tokens(12, 9)],
    ['mistral', 'mistral.mixtral-8x7b-instruct-v0:1', 'stop', {}],
    ['jamba', 'ai21.jamba-1-5-large-v1:0', 'stop', tokens(12, 9)],
    ['cohere', 'cohere.command-r-v1:0', 'COMPLETE', {}],
    ['openai', 'openai.gpt-oss-120b-1:0', 'stop', tokens(12, 9)],
  ])('an answer of %s is told', async (name, modelId, reason, usage) => {
    server.reply(recorded(`bedrock/invoke-${name}.json`));
    const { body } = await model.invoke({ ...invocation, modelId });
    expect(JSON.parse(body.transformToString())).toEqual(JSON.parse(fixture(`bedrock/invoke-${name}.json`)));
    expect(telemetry.span).toMatchObject({ name: `chat ${modelId}`, attributes: answered(reason, usage, modelId) });
    if (Object.keys(usage).length === 0) {
      expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    }
    nothingSaid();
  });

  test.each<[string, modelId: string, usage: Attributes]>([
    [
      'titan',
      'amazon.titan-embed-text-v2:0',
      { 'gen_ai.usage.input_tokens': 7, 'gen_ai.embeddings.dimension.count': 3 },
    ],
    ['cohere', 'cohere.embed-english-v3', { 'gen_ai.embeddings.dimension.count': 2 }],
  ])('embeddings of %s are told', async (name, modelId, attributes) => {
    server.reply(recorded(`bedrock/invoke-${name}-embedding.json`));
    await model.embed({ modelId, body: '{"inputText":"xylophone"}' });
    expect(telemetry.span).toMatchObject({
      name: `embeddings ${modelId}`,
      attributes: { 'gen_ai.provider.name': 'aws.bedrock', ...attributes },
    });
    nothingSaid();
  });

  test('the provider that the caller names wins', async () => {
    server.reply(recorded('bedrock/invoke-anthropic.json'));
    await model.elsewhere(invocation);
    expect(telemetry.span.attributes['gen_ai.provider.name']).toBe('my-gateway');
  });

  test.each([
    ['no JSON', 'not JSON'],
    ['JSON of no known shape', '{"image":"xyz"}'],
  ])('a body that is %s is told without usage', async (_case, body) => {
    server.reply({ headers: { 'content-type': 'application/json' }, body });
    await model.invoke(invocation);
    expect(telemetry.span).toMatchObject({ attributes: { 'gen_ai.request.model': SONNET } });
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(telemetry.span.error).toBeUndefined();
  });
});

describe('InvokeModelWithResponseStream', () => {
  test.each<[string, modelId: string, reason: string, usage: Attributes]>([
    ['anthropic', SONNET, 'end_turn', { ...tokens(1125, 48), ...cached(1000, 100) }],
    ['nova', 'us.amazon.nova-lite-v1:0', 'end_turn', tokens(25, 48)],
    ['titan', 'amazon.titan-text-express-v1', 'FINISH', tokens(25, 48)],
    ['llama', 'us.meta.llama3-3-70b-instruct-v1:0', 'stop', tokens(25, 48)],
    ['mistral', 'mistral.mixtral-8x7b-instruct-v0:1', 'stop', tokens(25, 48)],
    ['cohere', 'cohere.command-r-v1:0', 'COMPLETE', tokens(25, 48)],
  ])('a stream of %s is told at its end', async (name, modelId, reason, usage) => {
    server.reply(framed(`invoke-stream-${name}`, chunk));
    const { body } = await model.invokeStream({ ...invocation, modelId });
    const pieces = (await read(body)).map(({ chunk }) => JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
    expect(pieces).toEqual(JSON.parse(fixture(`bedrock/invoke-stream-${name}.events.json`)));
    expect(telemetry.span).toMatchObject({ name: `chat ${modelId}`, attributes: answered(reason, usage, modelId) });
    nothingSaid();
  });

  test('a stream that breaks off tells what was received', async () => {
    server.reply(framed('invoke-stream-anthropic', chunk, { cutAfter: 4 }));
    const { body } = await model.invokeStream(invocation);
    await expect(read(body)).rejects.toThrow();
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.usage.input_tokens': 1125,
    });
    expect(telemetry.span.error).toBeDefined();
  });
});
