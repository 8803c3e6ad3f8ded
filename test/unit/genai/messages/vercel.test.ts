import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '../../../../lib/genai/messages/message.js';
import { readConversation } from '../../../../lib/genai/providers/registry.js';
import { vercelConversation } from '../../../../lib/genai/providers/vercel/messages.js';

const model = { specificationVersion: 'v4', provider: 'openai.chat', modelId: 'gpt-4o' };
const pixel = 'iVBORw0KGgo=';

describe('what a request says', () => {
  const REQUESTS: [string, Record<string, unknown>, Conversation][] = [
    [
      'a prompt and instructions',
      { model, instructions: 'Be brief.', prompt: 'Hi' },
      {
        system: [{ type: 'text', content: 'Be brief.' }],
        input: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
      },
    ],
    [
      'system messages, and a prompt made of messages',
      {
        model,
        system: [
          { role: 'system', content: 'Be brief.' },
          { role: 'system', content: 'Be kind.' },
        ],
        prompt: [{ role: 'user', content: 'Hi' }],
      },
      {
        system: [
          { type: 'text', content: 'Be brief.' },
          { type: 'text', content: 'Be kind.' },
        ],
        input: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
      },
    ],
    [
      'messages with a call of a tool, by the name of a model',
      {
        model: 'openai/gpt-4o',
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Rain?' }] },
          {
            role: 'assistant',
            content: [
              { type: 'reasoning', text: 'I must look.' },
              { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: { city: 'Oslo' } },
            ],
          },
          {
            role: 'tool',
            content: [
              {
                type: 'tool-result',
                toolCallId: 'call_1',
                toolName: 'weather',
                output: { type: 'json', value: { rain: true } },
              },
            ],
          },
        ],
      },
      {
        input: [
          { role: 'user', parts: [{ type: 'text', content: 'Rain?' }] },
          {
            role: 'assistant',
            parts: [
              { type: 'reasoning', content: 'I must look.' },
              { type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } },
            ],
          },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: { rain: true } }] },
        ],
      },
    ],
    [
      'tools',
      {
        model,
        prompt: 'Rain?',
        tools: {
          weather: {
            description: 'Tells the weather.',
            inputSchema: { jsonSchema: { type: 'object', properties: { city: { type: 'string' } } } },
            execute: () => 'Rain',
          },
          standard: { inputSchema: { '~standard': { jsonSchema: { input: () => ({ type: 'object' }) } } } },
          search: { type: 'provider', id: 'openai.web_search', args: {} },
        },
      },
      {
        input: [{ role: 'user', parts: [{ type: 'text', content: 'Rain?' }] }],
        tools: [
          {
            type: 'function',
            name: 'weather',
            description: 'Tells the weather.',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
          },
          { type: 'function', name: 'standard', parameters: { type: 'object' } },
          { type: 'provider', name: 'search' },
        ],
      },
    ],
  ];
  test.each(REQUESTS)('%s', (_what, request, conversation) => {
    expect(vercelConversation(request)).toEqual(conversation);
    expect(readConversation(request)).toEqual(conversation);
  });

  test.each<[string, object, object]>([
    [
      'an image as base64',
      { type: 'image', image: pixel, mediaType: 'image/png' },
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 8 bytes]' },
    ],
    [
      'an image as bytes',
      { type: 'image', image: new Uint8Array(5), mediaType: 'image/png' },
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 5 bytes]' },
    ],
    [
      'an image elsewhere',
      { type: 'image', image: new URL('https://example.com/a.png') },
      { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
    ],
    [
      'an image in a URL',
      { type: 'image', image: `data:image/png;base64,${pixel}` },
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 8 bytes]' },
    ],
    [
      'a file',
      { type: 'file', data: { type: 'data', data: pixel }, mediaType: 'application/pdf', filename: 'a.pdf' },
      { type: 'blob', modality: 'document', mime_type: 'application/pdf', content: '[application/pdf, 8 bytes]' },
    ],
    [
      'a file elsewhere',
      { type: 'file', data: { type: 'url', url: new URL('https://example.com/a.wav') }, mediaType: 'audio/wav' },
      { type: 'uri', modality: 'audio', uri: 'https://example.com/a.wav', mime_type: 'audio/wav' },
    ],
    [
      'a file that the provider keeps',
      { type: 'file', data: { type: 'reference', reference: { openai: 'file-1' } }, mediaType: 'application/pdf' },
      { type: 'file', modality: 'document', file_id: 'file-1', mime_type: 'application/pdf' },
    ],
    ['what there is no part for', { type: 'custom', kind: 'openai.x', secret: 'xylophone' }, { type: 'custom' }],
  ])('%s', (_what, part, expected) => {
    const request = { model, messages: [{ role: 'user', content: [part] }] };
    expect(vercelConversation(request)?.input?.[0]?.parts).toEqual([expected]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['OpenAI', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], tools: [], temperature: 1 }],
    ['Anthropic', { model: 'claude', system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] }],
    ['nobody', { model, value: 'a text to embed' }],
  ])('is left to others where it is made for %s', (_who, request) => {
    expect(vercelConversation(request)).toBeUndefined();
  });
});
