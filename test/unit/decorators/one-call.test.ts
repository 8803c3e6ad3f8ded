import { describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { Embedding, LlmCall, type LlmCallOptions, llmRequest, ToolCall, Traced } from '../../../lib/index.js';
import { measuredUsage } from '../../support/model-usage.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const request = { model: 'gpt-4o', temperature: 0.1, messages: [] };
const answer = {
  object: 'chat.completion',
  id: 'c-1',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 4 },
};

/** A client that traces itself, as some do. */
async function client<T>(value: T): Promise<T> {
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' };
  const span = trace.getTracer('client').startSpan('client', { attributes });
  await null;
  span.setAttributes({ 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.output_tokens': 4 }).end();
  return value;
}

class Model {
  @LlmCall({ provider: 'openai' })
  generate(_request: object) {
    return client(answer);
  }
  /** Asks, and keeps only the text. */
  @LlmCall()
  async text() {
    const { id } = await this.generate(request);
    return id;
  }
  @LlmCall({ provider: 'my-gateway', model: 'own' })
  async named() {
    await this.generate(request);
  }
  @LlmCall()
  async twice() {
    await this.generate(request);
    return this.helper();
  }
  @Traced()
  async helper() {
    return (await this.generate(request)).id;
  }
  @LlmCall()
  async retries() {
    await this.fails().catch(() => {});
    return this.text();
  }
  @LlmCall()
  async fails(): Promise<void> {
    throw new Error('overloaded');
  }
  @LlmCall({ model: 'gpt-4o' })
  async callsTool() {
    await this.tool();
    return answer;
  }
  @ToolCall()
  async tool() {
    await this.generate(request);
  }
  @LlmCall()
  async embeds() {
    await this.embed();
    return answer;
  }
  @Embedding()
  async embed() {
    return { model: 'e', data: [{ embedding: [1] }], usage: { prompt_tokens: 7 } };
  }
}

const chats = () => telemetry.spans.filter(({ attributes }) => attributes['gen_ai.operation.name'] === 'chat');

describe('a model call within a model call is the same call', () => {
  test('it is one span, with what the inner one learned', async () => {
    await expect(new Model().text()).resolves.toBe('c-1');
    expect(telemetry.span).toMatchObject({
      name: 'chat gpt-4o',
      attributes: {
        'code.function.name': 'Model.text',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.request.temperature': 0.1,
        'gen_ai.response.id': 'c-1',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 3,
      },
    });
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 3, output: 4 });
    expect(telemetry.logs).toHaveLength(1);
  });

  test('what the outer one was told by its options wins', async () => {
    await new Model().named();
    expect(telemetry.span).toMatchObject({
      name: 'chat own',
      attributes: {
        'gen_ai.provider.name': 'my-gateway',
        'gen_ai.request.model': 'own',
        'gen_ai.usage.input_tokens': 3,
      },
    });
  });

  test('two within one add up, also through a traced method', async () => {
    await new Model().twice();
    expect(chats()).toMatchObject([
      { attributes: { 'gen_ai.usage.input_tokens': 6, 'gen_ai.usage.output_tokens': 8 } },
    ]);
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 6, output: 8 });
  });

  test('one that failed and was tried again does not make it fail', async () => {
    await new Model().retries();
    expect(telemetry.span.error).toBeUndefined();
    expect(telemetry.span.attributes).not.toHaveProperty(['error.type']);
    expect(telemetry.logs[0]?.attributes).not.toHaveProperty(['error.type']);
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 3, output: 4 });
  });
});

test('the chunks of a stream that both hand on are measured once', async () => {
  const inner = LlmCall()(async function* () {
    for (let index = 0; index < 1200; index++) yield { object: 'chat.completion.chunk', model: 'gpt', choices: [] };
  });
  for await (const _chunk of LlmCall()(() => inner())());
  expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([{ count: 1199 }]);
});

test('a request that a traced method on the way builds is the request of the call', async () => {
  const helper = Traced('helper')(async () => llmRequest(request) && 'text');
  await LlmCall()(async () => helper())();
  const asked = { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.request.temperature': 0.1 };
  expect(telemetry.spans).toMatchObject([{ name: 'helper' }, { name: 'chat gpt-4o', attributes: asked }]);
  expect(telemetry.spans[0]?.attributes).not.toHaveProperty(['gen_ai.request.model']);
});

describe('what the parts of one call cost', () => {
  const model = (name: string, tokens: number) => ({
    object: 'chat.completion',
    model: name,
    choices: [],
    usage: { prompt_tokens: tokens, completion_tokens: 0 },
  });
  const part = (name: string, tokens = 1_000_000) =>
    LlmCall({ provider: 'openai' })(async (_request: object) => model(name, tokens))({ model: name, messages: [] });
  const costOf = async (options: LlmCallOptions, work: () => Promise<unknown>) => {
    await LlmCall(options)(work)();
    return chats().at(-1)?.attributes['annotel.cost.amount'];
  };
  const both = async () => {
    await part('gpt-4o');
    await part('gpt-4o-mini');
    return 'text';
  };

  test('is what each costs by its own model', async () => {
    expect(await costOf({}, both)).toBeCloseTo(2.5 + 0.15, 10);
    expect(await telemetry.points('annotel.cost')).toMatchObject([{ value: expect.closeTo(2.65, 10) }]);
  });

  test('is not known where that of one of them is not', async () => {
    expect(await costOf({}, async () => [await part('gpt-4o'), await part('no-such-model')].length)).toBeUndefined();
    expect(await telemetry.points('annotel.cost')).toEqual([]);
  });

  test('does not matter where the answer that is returned tells its usage', async () => {
    const last = async () => {
      await part('gpt-4o');
      return model('gpt-4o-mini', 2_000_000);
    };
    expect(await costOf({}, last)).toBeCloseTo(0.3, 10);
  });

  test('does not matter where the call is charged by a model that the user names', async () => {
    expect(
      await costOf({ provider: 'openai', model: 'gpt-4o-mini' }, async () => void (await part('gpt-4o'))),
    ).toBeCloseTo(2.5, 10);
    await telemetry.restart({ settings: { prices: { 'own/model': { input: 7 } } } });
    expect(
      await costOf({ provider: 'own', model: 'model' }, async () => void (await part('no-such-model'))),
    ).toBeCloseTo(7, 10);
  });
});

test('a model call within a tool that a model call runs is another one', async () => {
  await new Model().callsTool();
  expect(telemetry.spans.map(({ name, parent }) => [name, parent])).toEqual([
    ['chat gpt-4o', 'execute_tool tool'],
    ['execute_tool tool', 'chat gpt-4o'],
    ['chat gpt-4o', undefined],
  ]);
  expect(await measuredUsage(telemetry)).toEqual({ calls: 2, input: 6, output: 8 });
});

test('an embedding within a model call is not the same', async () => {
  await new Model().embeds();
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['embeddings', 'chat']);
});
