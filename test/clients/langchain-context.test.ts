import { describe, expect, test } from '@jest/globals';
import { InMemoryCache } from '@langchain/core/caches';
import type { CallbackManager, Callbacks } from '@langchain/core/callbacks/manager';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnableLambda } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { trace } from '@opentelemetry/api';
import { LlmCall, Traced, Workflow } from '../../lib/index.js';
import { TelemetryCallbackHandler } from '../../lib/langchain/index.js';
import { collectUntil } from '../support/garbage.js';
import { outline } from '../support/span-outline.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer } from '../support/wire-server.js';

const telemetry = useTelemetry();
const wire = useWireServer();
// A fault of the handler fails the test.
const callbacks = [Object.assign(new TelemetryCallbackHandler(), { raiseError: true })];

const model = (fields: object = {}) =>
  new ChatOpenAI({ model: 'gpt-5', apiKey: 'x', maxRetries: 0, configuration: { baseURL: wire.url }, ...fields });
const prompt = ChatPromptTemplate.fromTemplate('{question}');
const input = { question: 'What do you see?' };
const tree = (): string => outline(telemetry.captured.spans);
const answered = (): void => wire.reply(recorded('openai/chat-completion.json'));
const streamed = (): void => wire.reply(recorded('openai/chat-completion-stream.sse'));
const traced = Traced('traced')(async (value: unknown) => value);

describe('under a decorated method', () => {
  test('a chain that nobody named adds no workflow of its own to the one that it runs in', async () => {
    answered();
    await Workflow('answer')(() => prompt.pipe(model()).invoke(input, { callbacks }))();
    expect(tree()).toBe('invoke_workflow answer\n  chat gpt-5');
  });

  test('a chain with a name is a workflow within', async () => {
    answered();
    const chain = prompt.pipe(model()).withConfig({ runName: 'describe' });
    await Workflow('answer')(() => chain.invoke(input, { callbacks }))();
    expect(tree()).toBe('invoke_workflow answer\n  invoke_workflow describe\n    chat gpt-5');
  });
});

describe('one model call is one span', () => {
  const learned = {
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.response.finish_reasons': ['stop'],
  };

  test('a decorated method that returns nothing but the text', async () => {
    answered();
    await LlmCall()(async () => (await model().invoke('x', { callbacks })).text)();
    expect(telemetry.span).toMatchObject({
      name: expect.stringMatching(/^chat/),
      attributes: { ...learned, 'gen_ai.usage.input_tokens': 1117, 'gen_ai.usage.output_tokens': 46 },
    });
    expect(await telemetry.points('gen_ai.client.token.usage')).toMatchObject([{ sum: 1117 }, { sum: 46 }]);
  });

  test('a decorated method that returns the message: its tokens count once', async () => {
    answered();
    await LlmCall()(() => model().invoke('x', { callbacks }))();
    expect(telemetry.span.attributes).toMatchObject({ ...learned, 'gen_ai.usage.input_tokens': 1117 });
  });

  test('a decorated method that runs a chain with a name', async () => {
    answered();
    const chain = prompt.pipe(model()).withConfig({ runName: 'describe' });
    await LlmCall()(() => chain.invoke(input, { callbacks }))();
    expect(telemetry.span.attributes).toMatchObject({ ...learned, 'gen_ai.usage.input_tokens': 1117 });
  });

  test('a decorated method that streams the text of a chain', async () => {
    streamed();
    const ask = LlmCall()(async function* () {
      yield* await prompt.pipe(model()).pipe(new StringOutputParser()).stream(input, { callbacks });
    });
    for await (const _ of ask());
    expect(telemetry.span.attributes).toMatchObject({
      ...learned,
      'gen_ai.usage.input_tokens': 19,
      'gen_ai.usage.output_tokens': 10,
    });
  });

  test('a handler on the model, and another on the call', async () => {
    answered();
    await prompt.pipe(model({ callbacks: [new TelemetryCallbackHandler()] })).invoke(input, { callbacks });
    expect(tree()).toBe('invoke_workflow RunnableSequence\n  chat gpt-5');
  });

  test("an answer from LangChain's cache used no tokens", async () => {
    answered();
    const cached = model({ cache: new InMemoryCache(), callbacks });
    await cached.invoke('x');
    await cached.invoke('x');
    expect(telemetry.spans.map(({ attributes }) => attributes['annotel.cache.hit'])).toEqual([undefined, true]);
    expect(await telemetry.points('gen_ai.client.token.usage')).toMatchObject([{ count: 1 }, { count: 1 }]);
  });
});

describe('what runs inside is a child of the run', () => {
  const inner = async (value: unknown): Promise<string> => {
    await traced(value);
    trace.getTracer('app').startSpan('by hand').end();
    return 'done';
  };

  test.each<[what: string, run: () => Promise<unknown>, tree: string]>([
    [
      'a tool',
      () => tool(inner, { name: 'look_up', schema: { type: 'object' } }).invoke({}, { callbacks }),
      'execute_tool look_up\n  by hand\n  traced',
    ],
    [
      'a lambda',
      () => RunnableLambda.from(inner).withConfig({ runName: 'look up' }).invoke(1, { callbacks }),
      'invoke_workflow look up\n  by hand\n  traced',
    ],
    [
      'a step that has no span',
      () => RunnableLambda.from(inner).pipe(inner).withConfig({ runName: 'twice' }).invoke(1, { callbacks }),
      'invoke_workflow twice\n  by hand\n  by hand\n  traced\n  traced',
    ],
    [
      'a node of a graph, and a chain that a decorated method in it calls',
      () => {
        const ask = Traced('asking')(() => {
          answered();
          return model().invoke('x');
        });
        return new StateGraph(MessagesAnnotation)
          .addNode('node', async () => ({ messages: [await ask()] }))
          .addEdge(START, 'node')
          .compile({ name: 'graph' })
          .invoke({ messages: [] }, { callbacks });
      },
      'invoke_workflow graph\n  node\n    asking\n      chat gpt-5',
    ],
  ])('%s', async (_what, run, expected) => {
    await run();
    expect(tree()).toBe(expected);
  });

  test('of runs side by side, each has its own', async () => {
    const named = (name: string) =>
      RunnableLambda.from((value: unknown) => Traced(`in ${name}`)(inner)(value)).withConfig({ runName: name });
    await Promise.all([named('left').invoke(1, { callbacks }), named('right').invoke(2, { callbacks })]);
    const below = (name: string) => `invoke_workflow ${name}\n  in ${name}\n    by hand\n    traced`;
    expect(tree()).toBe(`${below('left')}\n${below('right')}`);
  });

  test('after the run the context is what it was', async () => {
    await Traced('outer')(async () => {
      await tool(inner, { name: 'look_up', schema: { type: 'object' } }).invoke({}, { callbacks });
      await traced(1);
    })();
    expect(tree()).toBe('outer\n  execute_tool look_up\n    by hand\n    traced\n  traced');
  });
});

test('a stream that its reader leaves ends once nobody can read on', async () => {
  streamed();
  await (async () => {
    for await (const _ of await prompt.pipe(model()).stream(input, { callbacks })) break;
  })();
  await collectUntil(() => telemetry.spans.length > 1);
  expect(tree()).toBe('invoke_workflow RunnableSequence\n  chat gpt-5');
  expect(telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'])).toEqual(['abandoned', 'abandoned']);
});

test('a stream that its reader holds stays open, and is read to its end', async () => {
  streamed();
  const stream = await prompt.pipe(model()).stream(input, { callbacks });
  const reader = stream[Symbol.asyncIterator]();
  await reader.next();
  const dropped = Traced('dropped')(function* () {
    yield 1;
  });
  dropped();
  await collectUntil(() => telemetry.spans.length > 0);
  expect(tree()).toBe('dropped');
  while (!(await reader.next()).done);
  expect(tree()).toBe('dropped\ninvoke_workflow RunnableSequence\n  chat gpt-5');
  expect(telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'])).toEqual([
    'abandoned',
    undefined,
    undefined,
  ]);
});

test('the types of LangChain take the handler', () => {
  const handler = new TelemetryCallbackHandler({ agents: ['a'], workflowName: 'b' });
  const given: Callbacks = [handler];
  const added = (manager: CallbackManager) => manager.copy([...manager.handlers]).setHandlers;
  expect([given, added]).toHaveLength(2);
});
