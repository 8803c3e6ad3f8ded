import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { TelemetryCallbackHandler } from '../../../lib/langchain/index.js';
import { outline } from '../../support/span-outline.js';
import { useTelemetry } from '../../support/telemetry.js';

/*
 * The handler, called as LangChain calls it; in `test/clients` LangChain itself does.
 */

const telemetry = useTelemetry();
const tree = (): string => outline(telemetry.captured.spans);

let ids = 0;
let handler: TelemetryCallbackHandler;
beforeEach(() => {
  handler = new TelemetryCallbackHandler();
});

const id = (): string => `${String(++ids).padStart(8, '0')}-0000-7000-8000-000000000000`;
const serialized = (className: string) => ({ lc: 1, type: 'not_implemented', id: ['langchain', className] });

interface ChainFields {
  className?: string;
  name?: string;
  type?: string;
  tags?: string[];
  metadata?: Record<string, unknown>;
  parent?: string;
}

/** Starts a chain, and returns how it ends. */
function chain({ className = 'RunnableSequence', name, type, tags = [], metadata = {}, parent }: ChainFields) {
  const runId = id();
  handler.handleChainStart(serialized(className), {}, runId, parent, tags, metadata, type, name ?? className);
  return { runId, tags, end: () => handler.handleChainEnd({}, runId) };
}

function model(parent?: string) {
  const runId = id();
  const tags: string[] = [];
  const metadata = { ls_provider: 'openai', ls_model_name: 'm' };
  handler.handleChatModelStart(serialized('ChatX'), [[]], runId, parent, {}, tags, metadata);
  const token = () => handler.handleLLMNewToken('a', {}, runId, parent, tags, {});
  return { runId, tags, token, end: () => handler.handleLLMEnd({ generations: [] }, runId) };
}

describe('what of a nested chain is shown', () => {
  test.each<[what: string, fields: ChainFields, shown: string | undefined]>([
    ['a chain with a name', { name: 'rewrite' }, 'rewrite'],
    ['a chain without', {}, undefined],
    ['a branch with a name', { className: 'RunnableLambda', name: 'left', tags: ['map:key:left'] }, 'left'],
    ['a step with a name', { name: 'rewrite', tags: ['seq:step:1'] }, 'rewrite'],
    ['a function as a step', { className: 'RunnableLambda', name: 'prompt', tags: ['seq:step:1'] }, undefined],
    ['a prompt', { className: 'ChatPromptTemplate', name: 'mine', type: 'prompt' }, undefined],
    ['a parser', { className: 'StrOutputParser', name: 'mine', type: 'parser' }, undefined],
    ['structured output', { name: 'StructuredOutputRunnable' }, undefined],
    ['a node of a graph', { name: 'ask', tags: ['graph:step:1'] }, 'ask'],
    ['a hidden node', { name: '__start__', tags: ['graph:step:0', 'langsmith:hidden'] }, undefined],
    ['writing to a channel', { className: 'RunnableLambda', name: 'ChannelWrite<a,b>' }, undefined],
    ['a graph with a name', { className: 'CompiledStateGraph', name: 'inner' }, 'invoke_workflow inner'],
    ['a graph without', { className: 'CompiledStateGraph', name: 'LangGraph' }, undefined],
  ])('%s', (_what, fields, shown) => {
    const root = chain({ name: 'root' });
    const nested = chain({ ...fields, parent: root.runId });
    model(nested.runId).end();
    nested.end();
    root.end();
    expect(tree()).toBe(['invoke_workflow root', ...(shown ? [`  ${shown}`, '    chat m'] : ['  chat m'])].join('\n'));
  });
});

describe('agents', () => {
  const made = { ls_integration: 'langchain_create_agent' };
  const graph = 'CompiledStateGraph';

  test.each<[what: string, fields: ChainFields, shown: string]>([
    [
      'of createAgent',
      { className: graph, name: 'helper', metadata: { lc_agent_name: 'helper' } },
      'invoke_agent helper',
    ],
    [
      'of createAgent, without a name',
      { className: graph, name: 'LangGraph', metadata: made },
      'invoke_agent LangGraph',
    ],
    ['named in the options', { className: graph, name: 'listed' }, 'invoke_agent listed'],
    [
      'a graph that inherits the metadata of one',
      { className: graph, name: 'g', metadata: { ...made, lc_agent_name: 'helper' } },
      'invoke_workflow g',
    ],
    ['a chain that inherits it', { name: 'helper', metadata: { lc_agent_name: 'helper' } }, 'invoke_workflow helper'],
  ])('%s', (_what, fields, shown) => {
    handler = new TelemetryCallbackHandler({ agents: ['listed'] });
    chain(fields).end();
    expect(tree()).toBe(shown);
  });
});

test('arguments in the order of the types of @langchain/core', () => {
  const root = chain({ name: 'root' });
  const runId = id();
  handler.handleChainStart(serialized('RunnableSequence'), {}, runId, 'chain', [], {}, 'nested', root.runId);
  handler.handleChainEnd({}, runId);
  root.end();
  expect(tree()).toBe('invoke_workflow root\n  nested');
});

test('a stream whose pieces tell nothing: its result does', () => {
  const streamed = model();
  streamed.token();
  const fields = {
    usage_metadata: { input_tokens: 3, output_tokens: 4 },
    response_metadata: { finish_reason: 'stop' },
  };
  const message = { lc_namespace: ['langchain_core', 'messages'], type: 'ai', content: 'a', ...fields };
  handler.handleLLMEnd({ generations: [[{ text: 'a', message }]] }, streamed.runId);
  expect(telemetry.span.attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 4,
    'gen_ai.response.finish_reasons': ['stop'],
  });
});

test('a tool that answers with a message that tells of a failure', () => {
  const runId = id();
  handler.handleToolStart(serialized('DynamicTool'), '{}', runId, undefined, [], {}, 'look_up', 'call_1');
  const fields = { lc_namespace: ['langchain_core', 'messages'], type: 'tool', content: 'no', status: 'error' };
  handler.handleToolEnd(fields, runId);
  expect(telemetry.span.error).toBe('');
  expect(telemetry.span.attributes).toMatchObject({ 'error.type': 'tool_error', 'gen_ai.tool.call.id': 'call_1' });
});

test('runs side by side keep to their own, and one that is seen twice is recorded once', () => {
  const [left, right] = [chain({ name: 'left' }), chain({ name: 'right' })];
  const second = new TelemetryCallbackHandler();
  second.handleChainStart(serialized('RunnableSequence'), {}, left.runId, undefined, [], {}, undefined, 'left');
  const [below, beside] = [model(left.runId), model(right.runId)];
  left.end();
  beside.end();
  below.end();
  right.end();
  second.handleChainEnd({}, left.runId);
  expect(tree()).toBe('invoke_workflow left\n  chat m\ninvoke_workflow right\n  chat m');
});

describe('runs that never end', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('a stream that nobody reads on is abandoned, with the chains around it', () => {
    const root = chain({ name: 'root' });
    const streamed = model(root.runId);
    streamed.token();
    jest.advanceTimersByTime(700_000);
    expect(tree()).toBe('invoke_workflow root\n  chat m');
    expect(telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'])).toEqual([
      'abandoned',
      'abandoned',
    ]);
    streamed.end();
    root.end();
    expect(telemetry.spans).toHaveLength(2);
  });

  test('what takes its time is waited for', () => {
    const root = chain({ name: 'root' });
    const first = model(root.runId);
    first.token();
    first.end();
    const slow = model(root.runId);
    jest.advanceTimersByTime(7_000_000);
    slow.end();
    root.end();
    expect(telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('nothing that LangChain hands over makes it throw', async () => {
    await telemetry.restart({ rethrowFaults: false });
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    const methods = Object.getOwnPropertyNames(TelemetryCallbackHandler.prototype).filter((name) =>
      name.startsWith('handle'),
    );
    for (const value of [undefined, null, 1, 'x', {}, [], hostile]) {
      for (const method of methods) {
        const call = (handler as unknown as Record<string, (...args: unknown[]) => void>)[method];
        expect(() => call?.call(handler, ...Array(9).fill(value))).not.toThrow();
        for (const run of ['a', undefined]) {
          expect(() => call?.call(handler, value, value, run, value, value, value, value, value)).not.toThrow();
        }
      }
    }
    // What was begun so is not left open.
    jest.advanceTimersByTime(700_000);
  });
});

test('what is said appears nowhere while it is not captured', async () => {
  const secret = 'xyzzy-plugh';
  const said = (type: string) => ({
    lc_namespace: ['langchain_core', 'messages'],
    type,
    content: secret,
    tool_calls: [{ id: '1', name: 'f', args: { secret } }],
  });
  const root = id();
  handler.handleChainStart(
    serialized('RunnableSequence'),
    { secret },
    root,
    undefined,
    [],
    { secret },
    undefined,
    'root',
  );
  const chat = id();
  const parameters = { invocation_params: { model: 'm', tools: [{ name: 'f', description: secret }] } };
  handler.handleChatModelStart(serialized('ChatX'), [[said('human')]], chat, root, parameters, [], { secret });
  handler.handleLLMNewToken(secret, {}, chat, root, [], { chunk: { text: secret, message: said('ai') } });
  handler.handleLLMEnd({ generations: [[{ text: secret, message: said('ai') }]] }, chat);
  const text = id();
  handler.handleLLMStart(serialized('TextX'), [secret], text, root, {}, [], {});
  handler.handleLLMEnd({ generations: [[{ text: secret }]] }, text);
  const tool = id();
  handler.handleToolStart(serialized('T'), JSON.stringify({ secret }), tool, root, [], {}, 'look_up');
  handler.handleToolEnd(said('tool'), tool);
  const retriever = id();
  handler.handleRetrieverStart(serialized('R'), secret, retriever, root, [], {});
  handler.handleRetrieverEnd([{ pageContent: secret }], retriever);
  handler.handleChainEnd({ secret }, root);
  expect(tree()).toBe(
    ['invoke_workflow root', '  chat m', '  execute_tool look_up', '  retrieval R', '  text_completion'].join('\n'),
  );
  expect(JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()])).not.toContain(secret);
});
