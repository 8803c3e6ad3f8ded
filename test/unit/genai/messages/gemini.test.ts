import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '../../../../lib/genai/messages/message.js';
import { gemini } from '../../../../lib/genai/providers/gemini/gemini.js';
import { geminiConversation } from '../../../../lib/genai/providers/gemini/messages.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: true };
const outputOf = (name: string) => gemini.read(JSON.parse(fixture(`gemini/${name}.json`)), wanted)?.output;
const streamedOutputOf = (name: string, chunks?: number) => {
  const events = fixture(`gemini/${name}.sse`).trim().split('\n\n').slice(0, chunks);
  const items = events.map((event) => JSON.parse(event.slice('data: '.length)));
  const fold = gemini.startFold(items[0], wanted);
  for (const item of items) fold?.add(item);
  return fold?.response().output;
};

describe('what an answer says', () => {
  test('with thoughts and calls of functions', () => {
    expect(outputOf('generate-content-tools')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Weighing which xylophone to look up.' },
          { type: 'tool_call', name: 'find_instrument', id: 'call_7f2', arguments: { name: 'xylophone', limit: 2 } },
          { type: 'tool_call', name: 'get_price', arguments: { name: 'xylophone' } },
        ],
        finish_reason: 'STOP',
      },
    ]);
  });

  test('is one message for each candidate', () => {
    expect(outputOf('generate-content-candidates')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'One xylophone.' }], finish_reason: 'STOP' },
      { role: 'assistant', parts: [{ type: 'text', content: 'Two xylo' }], finish_reason: 'MAX_TOKENS' },
      { role: 'assistant', parts: [], finish_reason: 'SAFETY' },
    ]);
  });

  test('of tools that ran at Google’s', () => {
    expect(outputOf('generate-content-vertex')?.[0]?.parts).toEqual([
      {
        type: 'server_tool_call',
        name: 'code_execution',
        server_tool_call: { type: 'code_execution', language: 'PYTHON', code: 'len("xylophone")' },
      },
      {
        type: 'server_tool_call_response',
        server_tool_call_response: { type: 'code_execution', outcome: 'OUTCOME_OK', output: '9 # xylophone\n' },
      },
      { type: 'text', content: 'The word xylophone has nine letters.' },
    ]);
  });

  test('is nothing where the prompt was blocked', () => {
    expect(outputOf('generate-content-blocked')).toBeUndefined();
    expect(streamedOutputOf('generate-content-stream-blocked')).toBeUndefined();
  });
});

describe('what a stream says', () => {
  test('is put together from its chunks', () => {
    expect(streamedOutputOf('generate-content-stream')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: '**Recalling** what a xylophone is made of.' },
          { type: 'text', content: 'Wooden bars: a xylophone.' },
        ],
        finish_reason: 'STOP',
      },
    ]);
  });

  test('with calls of functions keeps their order', () => {
    expect(streamedOutputOf('generate-content-stream-tools')?.[0]?.parts).toEqual([
      { type: 'text', content: 'Looking up the xylophone.' },
      { type: 'tool_call', name: 'find_instrument', arguments: { name: 'xylophone' } },
    ]);
  });

  test('is one message for each candidate', () => {
    expect(streamedOutputOf('generate-content-stream-candidates')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'One xylophone' }], finish_reason: 'STOP' },
      { role: 'assistant', parts: [{ type: 'text', content: 'Two phones' }], finish_reason: 'SAFETY' },
    ]);
  });

  test('is what was received, where it was cut off', () => {
    expect(streamedOutputOf('generate-content-stream', 3)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: '**Recalling** what a xylophone is made of.' },
          { type: 'text', content: 'Wooden ' },
        ],
        finish_reason: 'error',
      },
    ]);
  });

  test('is not kept while nobody wants it', () => {
    const chunk = { candidates: [{ content: { role: 'model', parts: [{ text: 'xylophone' }] }, index: 0 }] };
    const fold = gemini.startFold(chunk, { detail: true, content: false });
    fold?.add(chunk);
    expect(JSON.stringify([fold, fold?.response()])).not.toContain('xylophone');
  });
});

describe('what a request says', () => {
  const user = (content: string) => ({ role: 'user', parts: [{ type: 'text', content }] });
  const image = { inlineData: { mimeType: 'image/png', data: 'AAAAAAAA' } };

  test.each<[string, Record<string, unknown>, Conversation]>([
    ['a text', { contents: 'Hello' }, { input: [user('Hello')] }],
    [
      'texts and parts, which are one message',
      { contents: ['What is this?', image] },
      {
        input: [
          {
            role: 'user',
            parts: [
              { type: 'text', content: 'What is this?' },
              { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' },
            ],
          },
        ],
      },
    ],
    [
      'a conversation with functions',
      {
        contents: [
          { role: 'user', parts: [{ text: 'Price?' }] },
          { role: 'model', parts: [{ functionCall: { id: 'a', name: 'price', args: { of: 'lute' } } }] },
          { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'price', response: { output: 7 } } }] },
          { parts: [{ fileData: { fileUri: 'gs://bucket/lute.mp4', mimeType: 'video/mp4' } }] },
        ],
      },
      {
        input: [
          user('Price?'),
          { role: 'assistant', parts: [{ type: 'tool_call', name: 'price', id: 'a', arguments: { of: 'lute' } }] },
          {
            role: 'tool',
            parts: [{ type: 'tool_call_response', name: 'price', id: 'a', response: { output: 7 } }],
          },
          {
            role: 'user',
            parts: [{ type: 'uri', modality: 'video', uri: 'gs://bucket/lute.mp4', mime_type: 'video/mp4' }],
          },
        ],
      },
    ],
    [
      'instructions and tools',
      {
        contents: { role: 'user', parts: [{ text: 'Hello' }] },
        config: {
          systemInstruction: 'Be brief.',
          tools: [
            {
              functionDeclarations: [
                { name: 'price', description: 'Asks a price.', parameters: { type: 'OBJECT' } },
                { name: 'stock', parametersJsonSchema: { type: 'object' } },
              ],
            },
            { googleSearch: {} },
          ],
        },
      },
      {
        system: [{ type: 'text', content: 'Be brief.' }],
        input: [user('Hello')],
        tools: [
          { type: 'function', name: 'price', description: 'Asks a price.', parameters: { type: 'OBJECT' } },
          { type: 'function', name: 'stock', parameters: { type: 'object' } },
          { type: 'googleSearch', name: 'googleSearch' },
        ],
      },
    ],
    [
      'the body of a REST request',
      { contents: [{ parts: [{ text: 'Hello' }] }], systemInstruction: { parts: [{ text: 'Be brief.' }] } },
      { system: [{ type: 'text', content: 'Be brief.' }], input: [user('Hello')] },
    ],
    [
      'nothing of a shape that is not known',
      { contents: [null, 7, { parts: [null, {}] }] },
      {
        input: [
          { role: 'user', parts: [] },
          { role: 'user', parts: [] },
        ],
      },
    ],
  ])('%s', (_name, request, conversation) => {
    expect(geminiConversation({ model: 'gemini-2.5-flash', ...request })).toEqual(conversation);
  });

  test('to another API is not read', () => {
    expect(geminiConversation({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })).toBeUndefined();
  });
});
