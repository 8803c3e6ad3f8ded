import { expect, test } from '@jest/globals';
import { HumanMessage } from '@langchain/core/messages';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { LlmCall } from '../../lib/index.js';
import { TelemetryCallbackHandler } from '../../lib/langchain/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer } from '../support/wire-server.js';

/*
 * What is said, where it is captured; and that it is nowhere, where it is not.
 */

const telemetry = useTelemetry();
const wire = useWireServer();
const callbacks = [Object.assign(new TelemetryCallbackHandler(), { raiseError: true })];
const model = () =>
  new ChatOpenAI({ model: 'gpt-5', apiKey: 'x', maxRetries: 0, configuration: { baseURL: wire.url } });
const parameters = { type: 'object', properties: { location: { type: 'string' } } } as const;
const weather = tool(async () => JSON.stringify({ sky: 'clear-4711' }), {
  name: 'get_current_weather',
  description: 'Tells the weather.',
  schema: parameters,
});

class Papers extends BaseRetriever {
  override lc_namespace = ['test'];
  override async _getRelevantDocuments() {
    return [{ pageContent: 'page-4711', metadata: {} }];
  }
}

/** An attribute of the first span whose name begins so, parsed. */
function said(span: string, attribute: string): unknown {
  const value = telemetry.spans.find(({ name }) => name.startsWith(span))?.attributes[`gen_ai.${attribute}`];
  return typeof value === 'string' && /^[[{]/.test(value) ? JSON.parse(value) : value;
}

async function runEverything(): Promise<void> {
  wire.reply(recorded('openai/chat-completion-tools.json'), recorded('openai/chat-completion.json'));
  const messages = [
    { role: 'system', content: 'system-4711' },
    { role: 'user', content: 'question-4711' },
  ];
  await createReactAgent({ llm: model(), tools: [weather] }).invoke({ messages }, { callbacks });
  await new Papers().invoke('query-4711', { callbacks });
}

test('captured: messages, tools, their arguments and results, query and documents', async () => {
  await telemetry.restart({ settings: { content: 'SPAN_ONLY' } });
  await runEverything();
  const call = {
    type: 'tool_call',
    name: 'get_current_weather',
    id: 'call_abc123',
    arguments: { location: 'Boston, MA' },
  };
  expect(said('chat', 'input.messages')).toEqual([
    { role: 'system', parts: [{ type: 'text', content: 'system-4711' }] },
    { role: 'user', parts: [{ type: 'text', content: 'question-4711' }] },
  ]);
  expect(said('chat', 'output.messages')).toEqual([{ role: 'assistant', parts: [call], finish_reason: 'tool_calls' }]);
  expect(said('chat', 'tool.definitions')).toMatchObject([
    { type: 'function', name: 'get_current_weather', description: 'Tells the weather.' },
  ]);
  expect(said('execute_tool', 'tool.call.arguments')).toEqual({ location: 'Boston, MA' });
  expect(said('execute_tool', 'tool.call.result')).toEqual({ sky: 'clear-4711' });
  expect(said('retrieval', 'retrieval.query.text')).toBe('query-4711');
  expect(said('retrieval', 'retrieval.documents')).toMatchObject([{ pageContent: 'page-4711' }]);
});

test('captured: what a chain streams', async () => {
  await telemetry.restart({ settings: { content: 'SPAN_ONLY' } });
  wire.reply(recorded('openai/chat-completion-stream.sse'));
  const chain = ChatPromptTemplate.fromTemplate('{q}').pipe(model());
  for await (const _ of await chain.stream({ q: 'question-4711' }, { callbacks }));
  expect(said('chat', 'input.messages')).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'question-4711' }] },
  ]);
  expect(said('chat', 'output.messages')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'Hello! How can I help?' }], finish_reason: 'stop' },
  ]);
});

test('captured: a decorated method that is told its messages', async () => {
  await telemetry.restart({ settings: { content: 'SPAN_ONLY' } });
  wire.reply(recorded('openai/chat-completion.json'));
  const ask = LlmCall({ request: (messages: HumanMessage[]) => messages })((messages: HumanMessage[]) =>
    model().invoke(messages),
  );
  await ask([new HumanMessage('question-4711')]);
  expect(said('chat', 'input.messages')).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'question-4711' }] },
  ]);
  expect(said('chat', 'output.messages')).toMatchObject([{ role: 'assistant', finish_reason: 'stop' }]);
});

test('not captured: nowhere', async () => {
  await runEverything();
  const everything = JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()]);
  expect(everything).toContain('execute_tool');
  expect(everything).not.toMatch(/4711|Boston|boardwalk/);
});
