import { describe, expect, test } from '@jest/globals';
import type { Wanted } from '../../../../lib/genai/answer.js';
import type { Conversation, Part } from '../../../../lib/genai/messages/message.js';
import { bedrock } from '../../../../lib/genai/providers/bedrock/bedrock.js';
import { bedrockConversation } from '../../../../lib/genai/providers/bedrock/messages.js';
import { readConversation } from '../../../../lib/genai/providers/registry.js';
import { fixture } from '../../../support/wire-server.js';

const wanted: Wanted = { detail: true, content: true };
const silent: Wanted = { detail: true, content: false };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const answerOf = (name: string): object => JSON.parse(fixture(`bedrock/${name}.json`));
const invokedOf = (name: string): object => ({
  $metadata: {},
  contentType: 'application/json',
  body: bytes(answerOf(name)),
});
const eventsOf = (name: string): object[] => JSON.parse(fixture(`bedrock/${name}.events.json`));
const fold = (events: object[], what: Wanted) => {
  const started = bedrock.startFold(events[0] as object, what);
  for (const event of events) started?.add(event);
  return started?.response();
};
const said = (parts: Part[], finishReason: string) => [{ role: 'assistant', parts, finish_reason: finishReason }];
const text = (content: string): Part => ({ type: 'text', content });
const call: Part = { type: 'tool_call', name: 'find_instrument', id: 'tooluse_1', arguments: { name: 'xylophone' } };
const WOODEN = text('Wooden bars, struck by mallets.');

describe('what an answer says', () => {
  test.each<[string, parts: Part[], reason: string]>([
    ['converse', [WOODEN], 'end_turn'],
    ['converse-tools', [text('Let me look.'), call], 'tool_use'],
    ['converse-reasoning', [{ type: 'reasoning', content: 'A xylophone has bars.' }, WOODEN], 'end_turn'],
    ['converse-guardrail', [text('I cannot talk about xylophones.')], 'guardrail_intervened'],
  ])('%s', (name, parts, reason) => {
    expect(bedrock.read(answerOf(name), wanted)?.output).toEqual(said(parts, reason));
    expect(bedrock.read(answerOf(name), silent)?.output).toBeUndefined();
  });

  test.each([
    ['anthropic', 'end_turn'],
    ['nova', 'end_turn'],
    ['titan', 'FINISH'],
    ['llama', 'stop'],
    ['mistral', 'stop'],
    ['jamba', 'stop'],
    ['cohere', 'COMPLETE'],
    ['openai', 'stop'],
  ])('by InvokeModel of %s', (name, reason) => {
    expect(bedrock.read(invokedOf(`invoke-${name}`), wanted)?.output).toEqual(said([WOODEN], reason));
    expect(bedrock.read(invokedOf(`invoke-${name}`), silent)?.output).toBeUndefined();
  });
});

describe('what a stream says', () => {
  test('is put together from its events', () => {
    const parts: Part[] = [{ type: 'reasoning', content: 'I should look.' }, call];
    expect(fold(eventsOf('converse-stream-tools'), wanted)?.output).toEqual(said(parts, 'tool_use'));
    expect(fold(eventsOf('converse-stream-tools'), silent)?.output).toBeUndefined();
  });

  test('as far as it came', () => {
    const parts = [text('Wooden ')];
    expect(fold(eventsOf('converse-stream').slice(0, 2), wanted)?.output).toEqual(said(parts, 'error'));
  });

  test.each([
    ['anthropic', 'end_turn'],
    ['nova', 'end_turn'],
    ['titan', 'FINISH'],
    ['llama', 'stop'],
    ['mistral', 'stop'],
    ['cohere', 'COMPLETE'],
  ])('by InvokeModel of %s', (name, reason) => {
    const chunks = eventsOf(`invoke-stream-${name}`).map((event) => ({ chunk: { bytes: bytes(event) } }));
    expect(fold(chunks, wanted)?.output).toEqual(said([text('Wooden bars.')], reason));
    expect(fold(chunks, silent)?.output).toBeUndefined();
  });
});

describe('what a request says', () => {
  const modelId = 'us.amazon.nova-lite-v1:0';
  const user = (...parts: Part[]): Conversation => ({ input: [{ role: 'user', parts }] });
  const hello = user(text('Hello'));

  test('to Converse', () => {
    const request = {
      modelId,
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'What is this?' },
            { image: { format: 'png', source: { bytes: new Uint8Array(5120) } } },
            { document: { format: 'pdf', name: 'score', source: { s3Location: { uri: 's3://scores/1.pdf' } } } },
            { guardContent: { text: { text: 'Guarded.' } } },
          ],
        },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: { at: 1 } } }] },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 't', content: [{ json: { found: true } }], status: 'success' } },
            { somethingNew: { secret: 'xyz' } },
          ],
        },
      ],
      toolConfig: {
        tools: [
          { toolSpec: { name: 'look', description: 'Looks.', inputSchema: { json: { type: 'object' } } } },
          { cachePoint: { type: 'default' } },
        ],
      },
    };
    expect(readConversation(request)).toEqual({
      system: [text('Be brief.')],
      input: [
        {
          role: 'user',
          parts: [
            text('What is this?'),
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 5120 bytes]' },
            { type: 'uri', modality: 'document', uri: 's3://scores/1.pdf' },
            text('Guarded.'),
          ],
        },
        { role: 'assistant', parts: [{ type: 'tool_call', name: 'look', id: 't', arguments: { at: 1 } }] },
        {
          role: 'user',
          parts: [{ type: 'tool_call_response', response: { found: true }, id: 't' }, { type: 'somethingNew' }],
        },
      ],
      tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: { type: 'object' } }],
    });
  });

  const messages = [{ role: 'user', content: 'Hello' }];
  test.each<[string, body: unknown, Conversation]>([
    ['Anthropic', { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages }, hello],
    ['Nova', { schemaVersion: 'messages-v1', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }, hello],
    ['Titan', { inputText: 'Hello' }, hello],
    ['Llama and Mistral', { prompt: 'Hello' }, hello],
    ['Cohere', { message: 'Hello', chat_history: [] }, hello],
    ['Cohere, to embed', { texts: ['Hello', 'you'], input_type: 'search_query' }, user(text('Hello'), text('you'))],
    ['OpenAI', { messages }, hello],
  ])('in the body of %s', (_maker, body, conversation) => {
    expect(readConversation({ modelId, body: JSON.stringify(body) })).toMatchObject(conversation);
    expect(readConversation({ modelId, body: bytes(body) })).toMatchObject(conversation);
  });

  test('nothing, where it is not for Bedrock, or no JSON', () => {
    expect(bedrockConversation({ model: 'gpt-4o', messages })).toBeUndefined();
    expect(bedrockConversation({ modelId, body: 'Hello' })).toBeUndefined();
  });
});

describe('values of other shapes', () => {
  test.each<[string, object]>([
    ['an answer of another family', { object: 'chat.completion', choices: [], model: 'm' }],
    ['a stop reason alone', { stopReason: 'end_turn' }],
    ['an output that is no message', { stopReason: 'end_turn', output: 'text' }],
    ['bytes of no service', { body: bytes({ generation: 'x' }) }],
    ['a body that is a stream', { $metadata: {}, body: { getReader() {} } }],
    ['a body of another service', { $metadata: {}, body: bytes({ Items: [] }) }],
    ['nothing', {}],
  ])('%s is not read', (_what, value) => {
    expect(bedrock.read(value, wanted)).toBeUndefined();
    expect(bedrock.startFold(value, wanted)).toBeUndefined();
  });

  test.each<[string, object]>([
    [
      'an answer',
      {
        stopReason: 'x',
        output: { message: { content: [null, 1, {}, { text: 2 }, { toolUse: 'x' }] } },
        usage: { inputTokens: -1, outputTokens: '9' },
        trace: 7,
      },
    ],
    [
      'an answer of InvokeModel',
      { $metadata: {}, body: bytes({ choices: [null, 5, { message: 3 }], usage: { prompt_tokens: 1.5 } }) },
    ],
  ])('%s with fields of wrong types tells nothing wrong', (_what, value) => {
    const { usage, output } = bedrock.read(value, wanted) ?? {};
    expect(usage).toMatchObject({ inputTokens: undefined, outputTokens: undefined });
    expect(output?.flatMap(({ parts }) => parts) ?? []).toEqual([]);
  });

  test('chunks with fields of wrong types tell nothing wrong', () => {
    const events = [
      { messageStart: {} },
      { contentBlockDelta: 5 },
      { contentBlockDelta: { delta: { text: 5, toolUse: 1 } } },
      { messageStop: 'x' },
      { metadata: { usage: 3 } },
    ];
    expect(fold(events, wanted)).toMatchObject({ provider: 'aws.bedrock', finishReasons: ['error'], output: [] });
  });
});
