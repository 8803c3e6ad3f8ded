import { afterEach, describe, expect, test } from '@jest/globals';
import type { BaseMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { RunnableLambda, RunnableParallel } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import { FakeListChatModel, FakeLLM } from '@langchain/core/utils/testing';
import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { createReactAgent, ToolNode } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { TelemetryCallbackHandler } from '../../lib/langchain/index.js';
import { outline } from '../support/span-outline.js';
import { useTelemetry } from '../support/telemetry.js';
import { json, recorded, useWireServer } from '../support/wire-server.js';

const telemetry = useTelemetry();
const wire = useWireServer();
// A fault of the handler fails the test.
const callbacks = [Object.assign(new TelemetryCallbackHandler({ agents: ['weather_agent'] }), { raiseError: true })];

/** What is still open is not among the finished spans; the handler keeps it here. */
afterEach(() => {
  expect(
    (globalThis as never as Record<symbol, Map<string, unknown>>)[Symbol.for('annotel.langchain.runs')]?.size,
  ).toBe(0);
});

const model = (fields: object = {}) =>
  new ChatOpenAI({ model: 'gpt-5', apiKey: 'x', maxRetries: 0, configuration: { baseURL: wire.url }, ...fields });
const prompt = ChatPromptTemplate.fromMessages([
  ['system', 'Answer.'],
  ['human', '{question}'],
]);
const input = { question: 'What do you see?' };
const messages = [{ role: 'user', content: 'What is the weather in Boston?' }];
const weather = tool(async () => 'sunny', {
  name: 'get_current_weather',
  description: 'Tells the weather.',
  schema: { type: 'object', properties: { location: { type: 'string' } } },
});
const tree = (): string => outline(telemetry.captured.spans);
const answered = (): void => wire.reply(recorded('openai/chat-completion.json'));

class Papers extends BaseRetriever {
  override lc_namespace = ['test'];
  override async _getRelevantDocuments(query: string) {
    if (query === '') throw new RangeError('no query');
    return [
      { pageContent: 'one', metadata: {} },
      { pageContent: 'two', metadata: {} },
    ];
  }
}

describe('chains', () => {
  test('prompt, model and parser: a workflow with one model call', async () => {
    answered();
    const chain = prompt.pipe(model({ temperature: 0.5, maxTokens: 100 })).pipe(new StringOutputParser());
    await chain.withConfig({ runName: 'describe' }).invoke(input, { callbacks });
    expect(tree()).toBe('invoke_workflow describe\n  chat gpt-5');
    expect(telemetry.spans.map(({ kind, attributes }) => ({ kind, attributes }))).toEqual([
      {
        kind: 'CLIENT',
        attributes: {
          'annotel.operation': 'chat',
          'code.function.name': 'ChatOpenAI',
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-5',
          'gen_ai.request.temperature': 0.5,
          'gen_ai.request.max_tokens': 100,
          'gen_ai.response.id': 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
          'gen_ai.response.model': 'gpt-4o-2024-08-06',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.usage.input_tokens': 1117,
          'gen_ai.usage.output_tokens': 46,
          'gen_ai.usage.cache_read.input_tokens': 0,
          'gen_ai.usage.reasoning.output_tokens': 0,
          'openai.response.system_fingerprint': 'fp_fc9f1d7035',
          ...cost(),
        },
      },
      {
        kind: 'INTERNAL',
        attributes: {
          'annotel.operation': 'invoke_workflow',
          'code.function.name': 'describe',
          'gen_ai.operation.name': 'invoke_workflow',
          'gen_ai.workflow.name': 'describe',
        },
      },
    ]);
    expect(telemetry.logs.map(({ eventName }) => eventName)).toEqual([
      'gen_ai.client.inference.operation.details',
      'annotel.call',
    ]);
    expect(await telemetry.points('gen_ai.client.token.usage')).toMatchObject([{ sum: 1117 }, { sum: 46 }]);
  });

  test('streamed: time to the first chunk, and the tokens of the last', async () => {
    wire.reply(recorded('openai/chat-completion-stream.sse'));
    const pieces: string[] = [];
    for await (const piece of await prompt.pipe(model()).pipe(new StringOutputParser()).stream(input, { callbacks })) {
      pieces.push(piece);
    }
    expect(pieces.join('')).toBe('Hello! How can I help?');
    expect(tree()).toBe('invoke_workflow RunnableSequence\n  chat gpt-5');
    expect(telemetry.spans[0]?.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 19,
      'gen_ai.usage.output_tokens': 10,
    });
  });

  test('parallel branches are siblings', async () => {
    const named = (name: string) => RunnableLambda.from(async (n: number) => n + 1).withConfig({ runName: name });
    const both = RunnableParallel.from({ left: named('left'), right: named('right'), rest: (n: number) => n });
    await both.withConfig({ runName: 'both' }).invoke(1, { callbacks });
    expect(tree()).toBe('invoke_workflow both\n  left\n  right');
  });

  test('a chain that nobody named is called as the option says', async () => {
    const named = [new TelemetryCallbackHandler({ workflowName: 'support.answer' })];
    await prompt.pipe(new FakeListChatModel({ responses: ['a'] })).invoke(input, { callbacks: named });
    expect(tree()).toMatch(/^invoke_workflow support\.answer\n {2}chat/);
  });

  test('a model that completes text', async () => {
    await new FakeLLM({ response: 'b' }).invoke('a', { callbacks });
    expect(telemetry.span).toMatchObject({
      kind: 'CLIENT',
      attributes: { 'gen_ai.operation.name': 'text_completion' },
    });
  });
});

describe('retrievers', () => {
  test('documents are counted', async () => {
    await new Papers().invoke('query', { callbacks });
    expect(telemetry.span).toMatchObject({
      name: 'retrieval Papers',
      kind: 'CLIENT',
      attributes: { 'annotel.retrieval.document.count': 2, 'annotel.retrieval.query.length': 5 },
    });
  });
});

describe('graphs', () => {
  test('a loop of model and tools', async () => {
    wire.reply(recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json'));
    const asking = model().bindTools([weather]);
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('ask', async ({ messages }) => ({ messages: [await asking.invoke(messages)] }))
      .addNode('tools', new ToolNode([weather]))
      .addEdge(START, 'ask')
      .addConditionalEdges('ask', ({ messages }) => (calls(messages.at(-1)) ? 'tools' : END))
      .addEdge('tools', 'ask')
      .compile({ name: 'assistant' });
    await graph.invoke({ messages }, { callbacks });
    expect(tree()).toBe(
      [
        'invoke_workflow assistant',
        '  ask',
        '    chat gpt-5',
        '  ask',
        '    chat gpt-5',
        '  tools',
        '    execute_tool get_current_weather',
      ].join('\n'),
    );
    expect(telemetry.spans.find(({ name }) => name.startsWith('execute_tool'))).toMatchObject({
      kind: 'INTERNAL',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'get_current_weather',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call_abc123',
      },
    });
  });

  test('an agent: its name on what it does, its calls and tokens summed up', async () => {
    wire.reply(recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json'));
    await createReactAgent({ llm: model(), tools: [weather], name: 'weather_agent' }).invoke(
      { messages },
      { callbacks },
    );
    expect(tree()).toBe(
      [
        'invoke_agent weather_agent',
        '  agent',
        '    chat gpt-5',
        '  agent',
        '    chat gpt-5',
        '  tools',
        '    execute_tool get_current_weather',
      ].join('\n'),
    );
    expect(telemetry.spans.map(({ attributes }) => attributes['gen_ai.agent.name'])).toEqual(
      telemetry.spans.map(() => 'weather_agent'),
    );
    expect(telemetry.spans.at(-1)?.attributes).toMatchObject({
      'annotel.agent.inference_calls': 2,
      'annotel.agent.tool_calls': 1,
      'gen_ai.usage.input_tokens': 82 + 1117,
      'gen_ai.usage.output_tokens': 17 + 46,
    });
  });

  test('a graph within a graph, and branches side by side', async () => {
    answered();
    const State = Annotation.Root({
      seen: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
    });
    const inner = new StateGraph(State)
      .addNode('ask', async () => ({ seen: [(await model().invoke('x')).text] }))
      .addEdge(START, 'ask')
      .compile({ name: 'inner' });
    const outer = new StateGraph(State)
      .addNode('sub', inner)
      .addNode('left', async () => ({ seen: ['left'] }))
      .addNode('right', async () => ({ seen: ['right'] }))
      .addEdge(START, 'sub')
      .addConditionalEdges('sub', () => ['left', 'right'])
      .compile({ name: 'outer' });
    await outer.invoke({}, { callbacks });
    expect(tree()).toBe(
      [
        'invoke_workflow outer',
        '  left',
        '  right',
        '  sub',
        '    invoke_workflow inner',
        '      ask',
        '        chat gpt-5',
      ].join('\n'),
    );
  });

  test('waiting for a human is no failure', async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('confirm', () => ({ messages: [{ role: 'user', content: String(interrupt('sure?')) }] }))
      .addEdge(START, 'confirm')
      .compile({ name: 'approval', checkpointer: new MemorySaver() });
    const config = { callbacks, configurable: { thread_id: '1' } };
    await graph.invoke({ messages: [] }, config);
    expect(tree()).toBe('invoke_workflow approval\n  confirm');
    telemetry.captured.reset();
    await graph.invoke(new Command({ resume: 'yes' }), config);
    expect(tree()).toBe('invoke_workflow approval\n  confirm');
    expect(telemetry.spans.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(['1', '1']);
  });
});

describe('failures', () => {
  test('a model call that failed tells what was asked', async () => {
    wire.reply(json({ error: { message: 'bad', code: 'bad_request' } }, 400));
    await expect(model().invoke('x', { callbacks })).rejects.toThrow();
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
    });
  });

  test.each<[what: string, fails: () => Promise<unknown>, tree: string, error: string]>([
    [
      'of a model',
      () => {
        wire.reply(json({ error: { message: 'bad', code: 'bad_request' } }, 400));
        return prompt.pipe(model()).withConfig({ runName: 'ask' }).invoke(input, { callbacks });
      },
      'invoke_workflow ask!\n  chat gpt-5!',
      'bad_request',
    ],
    [
      'of a stream that breaks',
      async () => {
        wire.reply(recorded('openai/chat-completion-stream.sse', { cutAfter: 3 }));
        for await (const _ of await prompt.pipe(model()).withConfig({ runName: 'ask' }).stream(input, { callbacks }));
      },
      'invoke_workflow ask!\n  chat gpt-5!',
      'TypeError',
    ],
    [
      'of a tool',
      () =>
        tool(() => Promise.reject(new RangeError('no')), { name: 'broken', schema: { type: 'object' } }).invoke(
          {},
          { callbacks },
        ),
      'execute_tool broken!',
      'RangeError',
    ],
    ['of a retriever', () => new Papers().invoke('', { callbacks }), 'retrieval Papers!', 'RangeError'],
    [
      'of a chain',
      () =>
        RunnableLambda.from(() => Promise.reject(new RangeError('no')))
          .withConfig({ runName: 'broken' })
          .invoke(1, { callbacks }),
      'invoke_workflow broken!',
      'RangeError',
    ],
  ])('%s', async (_what, fails, expected, error) => {
    await expect(fails()).rejects.toThrow();
    expect(tree()).toBe(expected);
    expect(telemetry.spans.map(({ attributes }) => attributes['error.type'])).toEqual(telemetry.spans.map(() => error));
  });
});

const calls = (message: BaseMessage | undefined): boolean =>
  ((message as { tool_calls?: unknown[] } | undefined)?.tool_calls?.length ?? 0) > 0;

/** Prices change; that the call was priced does not. */
function cost() {
  return {
    'annotel.cost.amount': expect.any(Number),
    'annotel.cost.currency': 'USD',
    'annotel.cost.source': 'local',
  };
}
