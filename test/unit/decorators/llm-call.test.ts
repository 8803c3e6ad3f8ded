import { describe, expect, test } from '@jest/globals';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import {
  LlmCall,
  type LlmCallOptions,
  llmRequest,
  type MethodDecorator,
  type ModelResponse,
  Traced,
  Workflow,
} from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'secret question' }], temperature: 0.2 };
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'secret answer' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
};
const started = {
  'annotel.operation': 'chat',
  'code.function.name': 'Model.ask',
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.request.temperature': 0.2,
};

class Model {
  @LlmCall({ provider: 'openai' })
  async ask(asked: object): Promise<unknown> {
    if (asked !== request) throw Object.assign(new Error('no such model'), { code: 'model_not_found' });
    return answer;
  }
}

test('a call to a model tells request and answer, and nothing of what they say', async () => {
  await expect(new Model().ask(request)).resolves.toBe(answer);

  const attributes = {
    ...started,
    'annotel.cost.amount': 0.00006,
    'annotel.cost.currency': 'USD',
    'annotel.cost.source': 'local',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.id': 'chatcmpl-1',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.usage.output_tokens': 3,
    'openai.api.type': 'chat_completions',
  };
  expect(telemetry.spans).toEqual([{ name: 'chat gpt-4o', kind: 'CLIENT', attributes }]);
  expect(telemetry.logs).toEqual([
    {
      eventName: 'gen_ai.client.inference.operation.details',
      severity: 'DEBUG',
      body: 'Model.ask succeeded',
      attributes,
    },
  ]);
  expect(JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()])).not.toContain('secret');
});

test('a failure tells the request and the code of the error', async () => {
  await expect(new Model().ask({ ...request })).rejects.toThrow('no such model');

  expect(telemetry.span).toMatchObject({
    name: 'chat gpt-4o',
    error: 'no such model',
    attributes: { ...started, 'error.type': 'model_not_found' },
  });
  expect(telemetry.logs).toMatchObject([
    {
      eventName: 'gen_ai.client.operation.exception',
      severity: 'WARN',
      body: 'Model.ask failed: model_not_found',
      attributes: { ...started, 'error.type': 'model_not_found', 'exception.message': 'no such model' },
    },
  ]);
});

test.each([
  ['chat', undefined],
  ['text_completion', 'text_completion'],
  ['generate_content', 'generate_content'],
] as const)('its operation is %s', (name, operation) => {
  LlmCall({ operation, model: 'm' })(() => {})();
  expect(telemetry.span).toMatchObject({ name: `${name} m`, attributes: { 'gen_ai.operation.name': name } });
});

describe('the model that is asked', () => {
  const nameWith = async (options: LlmCallOptions, ...args: unknown[]) => {
    await LlmCall(options)(async (..._args) => {})(...args);
    return telemetry.span.name;
  };

  test('is given', async () => {
    expect(await nameWith({ model: 'given' }, request)).toBe('chat given');
  });

  test('is told by a function of the arguments', async () => {
    expect(await nameWith({ model: (tier: string) => `model-${tier}` }, 'small')).toBe('chat model-small');
  });

  test('is that of the request where the function tells none', async () => {
    expect(await nameWith({ model: () => '' }, request)).toBe('chat gpt-4o');
  });

  test.each([
    ['messages', { model: 'm', messages: [] }],
    ['input', { model: 'm', input: '' }],
    ['prompt', { model: 'm', prompt: '' }],
  ])('is found in the first argument that names one and has %s', async (_field, found) => {
    expect(await nameWith({}, 'text', null, { model: 'no request' }, found, request)).toBe('chat m');
  });

  test('is found in the request that a callback points at', async () => {
    expect(await nameWith({ request: ({ inner }) => inner }, { inner: { model: 'inner' } })).toBe('chat inner');
  });

  test('is left open where nothing tells it', async () => {
    expect(await nameWith({}, 'text')).toBe('chat');
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.request.model']);
  });
});

describe('llmRequest()', () => {
  test('records the request that is built inside the method and hands it back', async () => {
    const ask = LlmCall()(async () => llmRequest(request) && answer);
    await ask();
    expect(llmRequest(request)).toBe(request);
    expect(telemetry.span).toMatchObject({
      name: 'chat gpt-4o',
      attributes: { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.request.temperature': 0.2 },
    });
  });

  test('leaves a name that was given as it is', async () => {
    await LlmCall({ name: 'ask the model' })(async () => llmRequest(request))();
    expect(telemetry.span).toMatchObject({
      name: 'ask the model',
      attributes: { 'gen_ai.request.model': 'gpt-4o' },
    });
  });

  test.each<[string, MethodDecorator<unknown[], unknown>]>([
    ['@Traced()', Traced('step')],
    ['@Workflow()', Workflow('flow')],
  ])('adds nothing to a call that is decorated with %s', (_name, decorate) => {
    decorate(() => llmRequest(request))();
    expect(telemetry.span.name).toMatch(/step|flow/);
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.request.model']);
  });

  test.each([null, undefined, 'text', 7])('hands %p back', (odd) => {
    expect(LlmCall()(() => llmRequest(odd as never))()).toBe(odd);
    expect(telemetry.span.name).toBe('chat');
  });
});

describe('the answer', () => {
  test('is told by a callback where annotel does not know its shape', async () => {
    const response = ({ text, cost }: { text: string; cost: number[] }): ModelResponse => ({
      provider: 'acme',
      model: text,
      finishReasons: ['done'],
      usage: {
        inputTokens: cost[0],
        outputTokens: cost[1],
        cacheReadTokens: 1,
        cacheWriteTokens: 2,
        reasoningTokens: 3,
      },
      attributes: { 'acme.region': 'eu' },
    });
    await LlmCall({ response })(async () => ({ text: 'acme-1', cost: [5, 6] }))();
    expect(telemetry.span.attributes).toEqual({
      'acme.region': 'eu',
      'annotel.operation': 'chat',
      'code.function.name': '(anonymous)',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'acme',
      'gen_ai.response.finish_reasons': ['done'],
      'gen_ai.response.model': 'acme-1',
      'gen_ai.usage.cache_creation.input_tokens': 2,
      'gen_ai.usage.cache_read.input_tokens': 1,
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 6,
      'gen_ai.usage.reasoning.output_tokens': 3,
    });
  });

  test('tells the provider where it was not given', async () => {
    await LlmCall()(async () => answer)();
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai' });
  });

  test('does not override the provider that was given', async () => {
    await LlmCall({ provider: 'azure.ai.openai' })(async () => answer)();
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.provider.name': 'azure.ai.openai' });
  });

  test.each(['text', 7, null, undefined, { anything: 'else' }, [answer]])(
    'of no known shape adds nothing: %j',
    async (value) => {
      await LlmCall()(async () => value)();
      expect(Object.keys(telemetry.span.attributes)).toEqual([
        'gen_ai.operation.name',
        'code.function.name',
        'annotel.operation',
      ]);
    },
  );
});

test('of a call that is sampled out only what metrics need is read', async () => {
  await telemetry.restart({ sampler: new AlwaysOffSampler() });
  const read: PropertyKey[] = [];
  const spied = new Proxy(
    { ...request },
    {
      get(fields, key) {
        read.push(key);
        return Reflect.get(fields, key);
      },
    },
  );
  await LlmCall()(async (_request: object) => answer)(spied);
  expect(read).toContain('model');
  expect(read).not.toContain('temperature');
  expect(await telemetry.points('gen_ai.client.token.usage')).toHaveLength(2);
});
