import { describe, expect, test } from '@jest/globals';
import type { ModelResponse, Wanted } from '../../../../lib/genai/answer.js';
import type { Conversation, Part } from '../../../../lib/genai/messages/message.js';
import { anthropic } from '../../../../lib/genai/providers/anthropic/anthropic.js';
import { readConversation } from '../../../../lib/genai/providers/registry.js';
import { fixture } from '../../../support/wire-server.js';

const wanted: Wanted = { detail: true, content: true };
const silent: Wanted = { detail: true, content: false };
const answerOf = (name: string): object => JSON.parse(fixture(`anthropic/${name}.json`));
const eventsOf = (name: string): object[] =>
  [...fixture(`anthropic/${name}.sse`).matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(String(data)));
const fold = (events: object[], what: Wanted): ModelResponse | undefined => {
  const started = anthropic.startFold(events[0] as object, what);
  for (const event of events) started?.add(event);
  return started?.response();
};
const text = (content: string): Part => ({ type: 'text', content });
const search: Part = {
  type: 'tool_call',
  id: 'srvtoolu_014hJH82Qum7Td6UV8gDXThB',
  name: 'web_search',
  arguments: { query: 'xylophone' },
};
const found: Part = {
  type: 'tool_call_response',
  id: 'srvtoolu_014hJH82Qum7Td6UV8gDXThB',
  response: [{ type: 'web_search_result', url: 'https://example.com/xylophone', title: 'Xylophone', page_age: null }],
};
const instrument = (id: string): Part => ({
  type: 'tool_call',
  id,
  name: 'find_instrument',
  arguments: { name: 'xylophone' },
});

describe('what an answer says', () => {
  test.each<[string, Part[], string]>([
    ['message', [text('A xylophone is a musical instrument.')], 'end_turn'],
    [
      'message-cached-thinking',
      [
        { type: 'reasoning', content: 'The xylophone again.' },
        { type: 'redacted_thinking' },
        text('Wooden bars, struck by mallets.'),
      ],
      'end_turn',
    ],
    ['message-tools', [text('I look the xylophone up.'), instrument('toolu_01D7FLrfh4GYq7yT1ULFeyMV')], 'tool_use'],
    ['message-server-tools', [search, found], 'pause_turn'],
    ['message-refusal', [], 'refusal'],
  ])('%s', (name, parts, reason) => {
    expect(anthropic.read(answerOf(name), wanted)?.output).toEqual([
      { role: 'assistant', parts, finish_reason: reason },
    ]);
    expect(anthropic.read(answerOf(name), silent)?.output).toBeUndefined();
  });

  test.each<[string, Part[], string]>([
    ['message-stream', [{ type: 'reasoning', content: 'The xylophone.' }, text('Wooden bars.')], 'end_turn'],
    ['message-stream-tools', [search, instrument('toolu_01T1x1fJ34qAmk2tNTrN7Up6'), found], 'tool_use'],
    ['message-stream-error', [text('A xylo')], 'error'],
  ])('piece by piece: %s', (name, parts, reason) => {
    expect(fold(eventsOf(name), wanted)?.output).toEqual([{ role: 'assistant', parts, finish_reason: reason }]);
    expect(fold(eventsOf(name), silent)?.output).toBeUndefined();
  });
});

describe('what else an answer tells', () => {
  test('the cloud that served it, and cache writes that are told in parts only', () => {
    expect(anthropic.read(answerOf('message-bedrock'), silent)).toMatchObject({
      provider: 'aws.bedrock',
      usage: { inputTokens: 22, outputTokens: 16, cacheWriteTokens: 12 },
    });
    const vertex = { ...answerOf('message'), id: 'msg_vrtx_01' };
    expect(anthropic.read(vertex, silent)?.provider).toBe('gcp.vertex_ai');
  });

  test('what a compaction used, beside the rest', () => {
    const message = {
      ...answerOf('message'),
      usage: {
        input_tokens: 100,
        output_tokens: 10,
        iterations: [
          { type: 'compaction', input_tokens: 1000, output_tokens: 50 },
          { type: 'message', input_tokens: 100, output_tokens: 10 },
        ],
      },
    };
    expect(anthropic.read(message, silent)?.usage).toMatchObject({ inputTokens: 1100, outputTokens: 60 });
  });

  test('the error in a stream, and the model that took over', () => {
    const [start, ...rest] = eventsOf('message-stream-error') as [object, ...object[]];
    const fallback = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'fallback', to: { model: 'claude-haiku-5-5' } },
    };
    expect(fold([start, fallback, ...rest], silent)).toMatchObject({
      error: 'overloaded_error',
      model: 'claude-haiku-5-5',
      finishReasons: ['error'],
      usage: { inputTokens: 25, outputTokens: undefined },
    });
  });

  test.each<[string, unknown]>([
    ['no usage', { usage: undefined }],
    ['usage of another type', { usage: 'much' }],
    ['counts of another type', { usage: { input_tokens: '12', output_tokens: -1, cache_creation: 5 } }],
    ['blocks of another type', { content: [null, 7, { type: 5 }, {}] }],
    ['no model', { model: 5, id: null, stop_reason: 7 }],
  ])('nothing is made up of %s', (_what, changed) => {
    const read = anthropic.read({ ...answerOf('message'), usage: {}, ...(changed as object) }, wanted);
    expect(read?.usage?.inputTokens).toBeUndefined();
    expect(read?.usage?.outputTokens).toBeUndefined();
  });

  test.each<[string, object]>([
    ['an item of a response of OpenAI', { type: 'message', role: 'assistant', content: [], status: 'completed' }],
    ['an error', JSON.parse(fixture('anthropic/error-429.json'))],
    ['a count of tokens', { input_tokens: 5 }],
    ['an event of Cohere', { type: 'message-start', delta: { message: { role: 'assistant' } } }],
    ['an event in midstream', { type: 'message_stop' }],
  ])('%s is not of this family', (_what, value) => {
    expect(anthropic.read(value, silent)).toBeUndefined();
    expect(anthropic.startFold(value, silent)).toBeUndefined();
  });
});

describe('what a request says', () => {
  const request = { model: 'claude-sonnet-5', max_tokens: 100 };
  const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  const blob: Part = { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 8 bytes]' };

  test('system instructions, messages and tools', () => {
    expect(
      readConversation({
        ...request,
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        messages: [{ role: 'user', content: 'What is a xylophone?' }],
        tools: [
          { name: 'find', description: 'Finds.', input_schema: { type: 'object' } },
          { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
        ],
      }),
    ).toEqual({
      system: [text('Be brief.')],
      input: [{ role: 'user', parts: [text('What is a xylophone?')] }],
      tools: [
        { type: 'function', name: 'find', description: 'Finds.', parameters: { type: 'object' } },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
    } satisfies Conversation);
    expect(readConversation({ ...request, system: 'Be brief.', messages: [] })).toMatchObject({
      system: [text('Be brief.')],
    });
  });

  test.each<[string, object, Part[]]>([
    ['an image', png, [blob]],
    [
      'a linked image',
      { type: 'image', source: { type: 'url', url: 'https://example.com/x.png' } },
      [{ type: 'uri', modality: 'image', uri: 'https://example.com/x.png' }],
    ],
    [
      'a document',
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
      [{ type: 'blob', modality: 'document', mime_type: 'application/pdf', content: '[application/pdf, 5 bytes]' }],
    ],
    [
      'a document of text',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Bars.' } },
      [text('Bars.')],
    ],
    [
      'a document of parts',
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'Bars.' }, png] } },
      [text('Bars.'), blob],
    ],
    [
      'a file',
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
      [{ type: 'file', modality: 'document', file_id: 'file_1' }],
    ],
    ['a source of an unknown type', { type: 'image', source: { type: 'new', data: 'secret' } }, [{ type: 'image' }]],
    ['thinking', { type: 'thinking', thinking: 'Hm.', signature: 'EqQB' }, [{ type: 'reasoning', content: 'Hm.' }]],
    ['redacted thinking', { type: 'redacted_thinking', data: 'EmwK' }, [{ type: 'redacted_thinking' }]],
    [
      'a use of a tool',
      { type: 'tool_use', id: 'toolu_1', name: 'find', input: { a: 1 } },
      [{ type: 'tool_call', id: 'toolu_1', name: 'find', arguments: { a: 1 } }],
    ],
    [
      'a result of a tool',
      { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Bars.' },
      [{ type: 'tool_call_response', id: 'toolu_1', response: 'Bars.' }],
    ],
    [
      'a result with an image',
      { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'Bars.' }, png] },
      [{ type: 'tool_call_response', id: 'toolu_1', response: [{ type: 'text', text: 'Bars.' }, blob] }],
    ],
  ])('%s', (_what, block, parts) => {
    // What makes it a request of this family is another block; next to text, each of them would do.
    const marker = { type: 'tool_use', id: 'toolu_0', name: 'none', input: {} };
    const read = readConversation({ ...request, messages: [{ role: 'user', content: [marker, block] }] });
    expect(read?.input?.[0]?.parts.slice(1)).toEqual(parts);
  });

  test('by the versions of other clouds, too', () => {
    const body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hi' }],
    };
    expect(readConversation(body)).toEqual({ input: [{ role: 'user', parts: [text('Hi')] }] });
  });
});
