import { describe, expect, test } from '@jest/globals';
import { Mistral } from '@mistralai/mistralai';
import type { ChatCompletionRequest } from '@mistralai/mistralai/models/components';
import { readConversation, readResponse, StreamedResponse } from '../../lib/genai/providers/registry.js';
import { recorded, useWireServer } from '../support/wire-server.js';

const server = useWireServer();
const client = () => new Mistral({ apiKey: 'key', serverURL: server.url });
const request: ChatCompletionRequest = { model: 'mistral-large-latest', messages: [{ role: 'user', content: 'Why?' }] };

describe('messages', () => {
  const wanted = { detail: true, content: true };
  const weather = (id: string, city: string) => ({ type: 'tool_call', name: 'weather', id, arguments: { city } });
  const calls = [weather('D681PevKs', 'Paris'), weather('E792QfwLt', 'Rome')];
  const thought = [
    { type: 'reasoning', content: 'Three from five.' },
    { type: 'text', content: 'Two.' },
  ];

  test.each<[string, object[]]>([
    [
      'chat',
      [
        {
          role: 'assistant',
          parts: [{ type: 'text', content: 'A xylophone is a percussion instrument.' }],
          finish_reason: 'stop',
        },
      ],
    ],
    [
      'chat-choices',
      [
        { role: 'assistant', parts: [{ type: 'text', content: 'Red.' }], finish_reason: 'stop' },
        { role: 'assistant', parts: [{ type: 'text', content: 'Blue and' }], finish_reason: 'length' },
      ],
    ],
    ['chat-tools', [{ role: 'assistant', parts: calls, finish_reason: 'tool_calls' }]],
    ['chat-thinking', [{ role: 'assistant', parts: thought, finish_reason: 'stop' }]],
  ])('of an answer: %s', async (fixture, output) => {
    server.reply(recorded(`mistral/${fixture}.json`));
    const answer = await client().chat.complete(request);
    expect(readResponse(answer, wanted)?.output).toEqual(output);
    expect(readResponse(answer, { detail: true, content: false })?.output).toBeUndefined();
  });

  test.each<[string, object[], string]>([
    ['stream', [{ type: 'text', content: 'A xylophone is an instrument.' }], 'stop'],
    ['stream-tools', calls, 'tool_calls'],
    ['stream-thinking', thought, 'stop'],
  ])('of a stream: %s', async (fixture, parts, finishReason) => {
    server.reply(recorded(`mistral/${fixture}.sse`));
    const fold = new StreamedResponse(wanted);
    for await (const event of await client().chat.stream(request)) fold.add(event);
    expect(fold.value()?.output).toEqual([{ role: 'assistant', parts, finish_reason: finishReason }]);
  });

  test('of a request', () => {
    const asked: ChatCompletionRequest = {
      model: 'mistral-large-latest',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', imageUrl: 'https://example.com/a.png' },
            { type: 'image_url', imageUrl: { url: 'data:image/png;base64,AAAA' } },
            { type: 'document_url', documentUrl: 'https://example.com/a.pdf' },
            { type: 'file', fileId: 'file-1' },
            { type: 'input_audio', inputAudio: 'AAAAAAAA' },
          ],
        },
        {
          role: 'assistant',
          content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }],
          toolCalls: [{ id: 'a1', function: { name: 'weather', arguments: { city: 'Paris' } } }],
        },
        { role: 'tool', toolCallId: 'a1', name: 'weather', content: 'rain' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: {} } },
        },
        { type: 'web_search' },
      ],
    };
    expect(readConversation(asked)).toEqual({
      input: [
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'What is this?' },
            { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 3 bytes]' },
            { type: 'uri', modality: 'document', uri: 'https://example.com/a.pdf' },
            { type: 'file', modality: 'document', file_id: 'file-1' },
            { type: 'blob', modality: 'audio', content: '[binary, 6 bytes]' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', content: 'Hm.' },
            { type: 'tool_call', name: 'weather', id: 'a1', arguments: { city: 'Paris' } },
          ],
        },
        { role: 'tool', name: 'weather', parts: [{ type: 'tool_call_response', id: 'a1', response: 'rain' }] },
      ],
      tools: [
        {
          type: 'function',
          name: 'weather',
          description: 'Tells it.',
          parameters: { type: 'object', properties: {} },
        },
        { type: 'web_search', name: 'web_search' },
      ],
    });
  });
});
