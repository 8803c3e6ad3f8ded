import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '../../../../lib/genai/messages/message.js';
import { ollamaConversation } from '../../../../lib/genai/providers/ollama/messages.js';
import { ollama } from '../../../../lib/genai/providers/ollama/ollama.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: true };
const outputOf = (name: string) => ollama.read(JSON.parse(fixture(`ollama/${name}.json`)), wanted)?.output;
const streamedOutputOf = (name: string, chunks?: number) => {
  const lines = fixture(`ollama/${name}.ndjson`).trim().split('\n').slice(0, chunks);
  const items = lines.map((line) => JSON.parse(line));
  const fold = ollama.startFold(items[0], wanted);
  for (const item of items) fold?.add(item);
  return fold?.response().output;
};

describe('what an answer says', () => {
  test('with thoughts and calls of tools', () => {
    expect(outputOf('chat-tools')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'The xylophone must be looked up.' },
          { type: 'tool_call', name: 'find_instrument', arguments: { name: 'xylophone' } },
        ],
        finish_reason: 'stop',
      },
    ]);
  });

  test('of generate', () => {
    expect(outputOf('generate')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Xylophone: xylon is wood.' },
          { type: 'text', content: 'Because of its wooden xylophone bars.' },
        ],
        finish_reason: 'stop',
      },
    ]);
  });

  test('of generate by an image', () => {
    const answer = { model: 'flux', created_at: '2026-11-20T10:15:06Z', done: true, image: 'AAAAAAAA' };
    expect(ollama.read(answer, wanted)?.output).toEqual([
      { role: 'assistant', parts: [{ type: 'blob', modality: 'image', content: '[binary, 6 bytes]' }] },
    ]);
  });
});

describe('what a stream says', () => {
  test('is put together from its chunks', () => {
    expect(streamedOutputOf('chat-stream')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'What is a xylophone?' },
          { type: 'text', content: 'Wooden bars: a xylophone.' },
        ],
        finish_reason: 'stop',
      },
    ]);
    expect(streamedOutputOf('generate-stream')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Xylophone' }], finish_reason: 'stop' },
    ]);
  });

  test('with calls of tools keeps their order', () => {
    expect(streamedOutputOf('chat-stream-tools')?.[0]?.parts).toEqual([
      { type: 'text', content: 'Looking it up.' },
      { type: 'tool_call', name: 'find_instrument', arguments: { name: 'xylophone' } },
      { type: 'tool_call', name: 'get_price', arguments: { name: 'xylophone' } },
    ]);
  });

  test('is what was received, where it was cut off', () => {
    expect(streamedOutputOf('chat-stream', 3)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'What is a xylophone?' },
          { type: 'text', content: 'Wooden' },
        ],
        finish_reason: 'error',
      },
    ]);
  });

  test('is not kept while nobody wants it', () => {
    const chunk = { model: 'qwen3:8b', message: { role: 'assistant', content: 'xylophone' }, done: false };
    const fold = ollama.startFold(chunk, { detail: true, content: false });
    fold?.add(chunk);
    expect(JSON.stringify([fold, fold?.response()])).not.toContain('xylophone');
  });
});

describe('what a request says', () => {
  const hello = { role: 'user', content: 'Hello' };
  const said = { role: 'user', parts: [{ type: 'text', content: 'Hello' }] };

  test.each<[string, Record<string, unknown>, Conversation]>([
    [
      'with images, thoughts and tools',
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is this?', images: [new Uint8Array(5), 'AAAAAAAA'] },
          {
            role: 'assistant',
            content: '',
            thinking: 'Hm.',
            tool_calls: [{ function: { name: 'look', arguments: {} } }],
          },
          { role: 'tool', content: 'A lute.', tool_name: 'look' },
        ],
        tools: [
          { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } },
        ],
      },
      {
        input: [
          { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
          {
            role: 'user',
            parts: [
              { type: 'text', content: 'What is this?' },
              { type: 'blob', modality: 'image', content: '[binary, 5 bytes]' },
              { type: 'blob', modality: 'image', content: '[binary, 6 bytes]' },
            ],
          },
          {
            role: 'assistant',
            parts: [
              { type: 'reasoning', content: 'Hm.' },
              { type: 'tool_call', name: 'look', arguments: {} },
            ],
          },
          { role: 'tool', name: 'look', parts: [{ type: 'tool_call_response', response: 'A lute.' }] },
        ],
        tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: { type: 'object' } }],
      },
    ],
    ['with options of its own', { messages: [hello], options: { num_ctx: 4096 } }, { input: [said] }],
    [
      'to generate',
      { prompt: 'Hello', system: 'Be brief.', images: ['AAAA'] },
      {
        system: [{ type: 'text', content: 'Be brief.' }],
        input: [
          {
            role: 'user',
            parts: [
              { type: 'text', content: 'Hello' },
              { type: 'blob', modality: 'image', content: '[binary, 3 bytes]' },
            ],
          },
        ],
      },
    ],
    [
      'without a shape that is known',
      { messages: [null, 7, {}], think: true },
      { input: [{ role: 'user', parts: [] }] },
    ],
  ])('%s', (_name, request, conversation) => {
    expect(ollamaConversation({ model: 'qwen3:8b', ...request })).toEqual(conversation);
  });

  test.each<[string, Record<string, unknown>]>([
    ['that any API takes', { model: 'gpt-4o', messages: [hello] }],
    ['for a completion that any API takes', { model: 'gpt-4o', prompt: 'Hello' }],
    ['of embeddings', { model: 'all-minilm', input: 'Hello', options: {} }],
    [
      'whose arguments of tools are JSON',
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'look', arguments: '{}' } }] }] },
    ],
  ])('%s is left to others', (_name, request) => {
    expect(ollamaConversation(request)).toBeUndefined();
  });
});
