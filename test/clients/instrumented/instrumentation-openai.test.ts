import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { logs, metrics, trace } from '@opentelemetry/api';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import * as openai from 'openai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { measuredUsage } from '../../support/model-usage.js';
import { useTelemetry } from '../../support/telemetry.js';
import { recorded, useWireServer } from '../../support/wire-server.js';

const telemetry = useTelemetry();
const server = useWireServer();

/** Instrumented by hand, since the loading hooks do not reach into the modules of a test. */
const instrumentation = new OpenAIInstrumentation({ enabled: false });
const [hooks] = (
  instrumentation as unknown as { init(): { patch(module: unknown): void; unpatch(module: unknown): void }[] }
).init();
beforeAll(() => {
  hooks?.patch(openai);
  instrumentation.enable();
});
afterAll(() => {
  hooks?.unpatch(openai);
  instrumentation.disable();
});
beforeEach(() => {
  instrumentation.setTracerProvider(trace.getTracerProvider());
  instrumentation.setMeterProvider(metrics.getMeterProvider());
  instrumentation.setLoggerProvider(logs);
});

const { OpenAI } = openai;
type Chat = openai.OpenAI.ChatCompletionCreateParamsNonStreaming;
const client = () => new OpenAI({ apiKey: 'key', baseURL: `${server.url}/v1`, maxRetries: 0 });
const request: Chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is a xylophone?' }] };

class Undecorated {
  ask() {
    return client().chat.completions.create(request);
  }
  async text(): Promise<string | null | undefined> {
    return (await client().chat.completions.create(request)).choices[0]?.message.content;
  }
  stream() {
    return client().chat.completions.create({ ...request, stream: true });
  }
  async *pieces() {
    const stream = await client().chat.completions.create({ ...request, stream: true });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  }
  respond() {
    return client().responses.create({ model: 'gpt-4.1', input: 'What is a xylophone?' });
  }
  embed() {
    return client().embeddings.create({ model: 'text-embedding-3-small', input: ['xylophone', 'zither'] });
  }
}
class Model extends Undecorated {
  @LlmCall({ provider: 'openai' })
  override ask() {
    return super.ask();
  }
  @LlmCall({ provider: 'openai' })
  override text() {
    return super.text();
  }
  @LlmCall({ provider: 'openai' })
  override stream() {
    return super.stream();
  }
  @LlmCall({ provider: 'openai' })
  override pieces() {
    return super.pieces();
  }
  @LlmCall({ provider: 'openai' })
  override respond() {
    return super.respond();
  }
  @Embedding({ provider: 'openai' })
  override embed() {
    return super.embed();
  }
}
const model = new Model();
const plain = new Undecorated();
const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

const CALLS: [string, string, number, number, (model: Undecorated) => Promise<unknown>][] = [
  ['an answer', 'chat-completion.json', 1117, 46, (model) => model.ask()],
  ['the text of an answer', 'chat-completion.json', 1117, 46, (model) => model.text()],
  ['a stream', 'chat-completion-stream.sse', 19, 10, async (model) => read(await model.stream())],
  ['pieces of a stream', 'chat-completion-stream.sse', 19, 10, (model) => read(model.pieces())],
  ['a response', 'response.json', 36, 87, (model) => model.respond()],
  ['embeddings', 'embeddings.json', 16, 0, (model) => model.embed()],
];

describe.each(CALLS)('%s', (_what, fixture, input, output, call) => {
  test('of a decorated call is told by one span and one set of counts', async () => {
    server.reply(recorded(`openai/${fixture}`));
    await call(model);
    expect(telemetry.spans).toHaveLength(1);
    expect(telemetry.span.attributes['gen_ai.usage.input_tokens']).toBe(input);
    expect(telemetry.span.attributes['gen_ai.usage.output_tokens']).toBe(output || undefined);
    expect(telemetry.captured.spans[0]?.instrumentationScope.name).toBe('annotel');
    expect(await measuredUsage(telemetry)).toEqual({ input, output, calls: 1 });
  });

  test('of a call that nobody decorated is told by the instrumentation, by itself and beside a decorated one', async () => {
    server.reply(...[1, 2, 3].map(() => recorded(`openai/${fixture}`)));
    await call(plain);
    await call(model);
    await call(plain);
    expect(telemetry.captured.spans.map(({ instrumentationScope: { name } }) => name)).toEqual([
      '@opentelemetry/instrumentation-openai',
      'annotel',
      '@opentelemetry/instrumentation-openai',
    ]);
    expect(await measuredUsage(telemetry)).toEqual({ input: 3 * input, output: 3 * output, calls: 3 });
  });
});

test('an error fails the call once, and is measured once', async () => {
  server.reply({ ...recorded('openai/error-429.json'), status: 429 });
  await expect(model.text()).rejects.toThrow('429');
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'rate_limit_exceeded' });
  expect(await measuredUsage(telemetry)).toEqual({ input: 0, output: 0, calls: 1 });
});
