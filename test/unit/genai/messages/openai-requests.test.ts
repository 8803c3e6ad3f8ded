import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '../../../../lib/genai/messages/message.js';
import { openAIConversation } from '../../../../lib/genai/providers/openai/messages.js';
import { readConversation } from '../../../../lib/genai/providers/registry.js';
import { PIXEL, said, user, weather } from '../../../support/openai-messages.js';

describe('a request', () => {
  test.each<[string, object, Conversation | undefined]>([
    [
      'of plain messages',
      {
        model: 'm',
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', name: 'ada', content: 'Capital?' },
          { role: 'assistant', content: 'Paris.' },
        ],
      },
      {
        input: [
          { role: 'developer', parts: said('Be brief.') },
          { role: 'user', name: 'ada', parts: said('Capital?') },
          { role: 'assistant', parts: said('Paris.') },
        ],
      },
    ],
    [
      'of parts',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'low' } },
              { type: 'image_url', image_url: { url: PIXEL } },
              { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
              { type: 'file', file: { file_id: 'file-1' } },
              { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAAAAAA' } },
              { type: 'video_url', video_url: { url: 'https://example.org/a.mp4' } },
            ],
          },
        ],
      },
      {
        input: [
          user(
            { type: 'text', content: 'What is this?' },
            { type: 'uri', modality: 'image', uri: 'https://example.org/a.png' },
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' },
            { type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: '[audio/wav, 3 bytes]' },
            { type: 'file', modality: 'document', file_id: 'file-1' },
            {
              type: 'blob',
              modality: 'document',
              mime_type: 'application/pdf',
              content: '[application/pdf, 6 bytes]',
            },
            { type: 'uri', modality: 'video', uri: 'https://example.org/a.mp4' },
          ),
        ],
      },
    ],
    [
      'with calls of tools and what they answered',
      {
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
              { id: 'call_2', type: 'custom', custom: { name: 'run', input: 'print(1)' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'Sunny' },
          { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '1' }] },
          { role: 'assistant', content: null, function_call: { name: 'old', arguments: '{' } },
          { role: 'function', name: 'old', content: 'done' },
        ],
      },
      {
        input: [
          {
            role: 'assistant',
            parts: [
              { type: 'tool_call', name: 'weather', id: 'call_1', arguments: { city: 'Paris' } },
              { type: 'tool_call', name: 'run', id: 'call_2', arguments: 'print(1)' },
            ],
          },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'Sunny' }] },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_2', response: said('1') }] },
          { role: 'assistant', parts: [{ type: 'tool_call', name: 'old', arguments: '{' }] },
          { role: 'function', name: 'old', parts: [{ type: 'tool_call_response', response: 'done' }] },
        ],
      },
    ],
    [
      'with what the model refused and what it said aloud',
      {
        messages: [
          { role: 'assistant', content: [{ type: 'refusal', refusal: 'I will not.' }] },
          { role: 'assistant', refusal: 'Nor that.', content: null },
          { role: 'assistant', audio: { id: 'audio_1' } },
        ],
      },
      {
        input: [
          { role: 'assistant', parts: said('I will not.') },
          { role: 'assistant', parts: said('Nor that.') },
          { role: 'assistant', parts: [{ type: 'file', modality: 'audio', file_id: 'audio_1' }] },
        ],
      },
    ],
    [
      'with tools',
      {
        messages: [{ role: 'user', content: 'Hi' }],
        tools: [
          { type: 'function', function: { ...weather, strict: true } },
          { type: 'custom', custom: { name: 'run', description: 'Runs code', format: { type: 'text' } } },
        ],
      },
      {
        input: [user(...said('Hi'))],
        tools: [
          { type: 'function', ...weather },
          { type: 'custom', name: 'run', description: 'Runs code' },
        ],
      },
    ],
    [
      'with the functions that came before tools',
      { messages: [{ role: 'user', content: 'Hi' }], functions: [weather] },
      { input: [user(...said('Hi'))], tools: [{ type: 'function', ...weather }] },
    ],
    [
      'to the responses API, of text',
      { model: 'gpt-4.1', instructions: 'Be brief.', input: 'Capital?' },
      { system: said('Be brief.') as never, input: [user(...said('Capital?'))] },
    ],
    [
      'to the responses API, of items',
      {
        model: 'gpt-4.1',
        input: [
          { role: 'user', content: 'Capital?' },
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'Look:' },
              { type: 'input_image', image_url: PIXEL, detail: 'auto' },
              { type: 'input_image', file_id: 'file-1', image_url: null },
              { type: 'input_file', file_url: 'https://example.org/a.pdf' },
            ],
          },
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'x' },
          { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
          { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' },
          {
            type: 'computer_call_output',
            call_id: 'call_2',
            output: { type: 'computer_screenshot', image_url: PIXEL },
          },
          { type: 'item_reference', id: 'msg_1' },
        ],
        tools: [
          { type: 'function', ...weather },
          { type: 'web_search' },
          { type: 'mcp', server_label: 'wiki', server_url: 'https://example.org', authorization: 'secret' },
        ],
      },
      {
        input: [
          user(...said('Capital?')),
          user(
            { type: 'text', content: 'Look:' },
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' },
            { type: 'file', modality: 'image', file_id: 'file-1' },
            { type: 'uri', modality: 'document', uri: 'https://example.org/a.pdf' },
          ),
          { role: 'assistant', parts: [{ type: 'reasoning', content: 'Hm.' }] },
          {
            role: 'assistant',
            parts: [{ type: 'tool_call', name: 'weather', id: 'call_1', arguments: { city: 'Paris' } }],
          },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'Sunny' }] },
          {
            role: 'tool',
            parts: [
              {
                type: 'server_tool_call_response',
                id: 'call_2',
                server_tool_call_response: {
                  type: 'computer_call_output',
                  output: { type: 'computer_screenshot', image_url: '[image/png, 6 bytes]' },
                },
              },
            ],
          },
        ],
        tools: [
          { type: 'function', ...weather },
          { type: 'web_search', name: 'web_search' },
          { type: 'mcp', name: 'wiki' },
        ],
      },
    ],
    ['to complete a text', { model: 'm', prompt: 'Once' }, { input: [user(...said('Once'))] }],
    ['to complete texts', { prompt: ['Once', 'Twice'] }, { input: [user(...said('Once')), user(...said('Twice'))] }],
    ['to complete tokens', { model: 'm', prompt: [[1, 2], [3]] }, {}],
    ['for embeddings', { model: 'text-embedding-3-small', input: 'text' }, undefined],
    ['for embeddings of texts', { model: 'm', input: ['a', 'b'] }, undefined],
    ['for embeddings of tokens', { model: 'm', input: [1, 2] }, undefined],
    ['for embeddings of a length', { model: 'm', input: 'text', dimensions: 8 }, undefined],
    ['of nothing known', { model: 'm' }, undefined],
  ])('%s is told as it is said', (_what, request, expected) => {
    expect(readConversation(request)).toEqual(expected);
  });
});

const blocks = (...content: object[]) => ({ model: 'm', messages: [{ role: 'user', content }] });
test.each<[string, object]>([
  [
    'Anthropic, with its instructions',
    { model: 'm', system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] },
  ],
  [
    'Anthropic, with its tools',
    { messages: [{ role: 'user', content: 'Hi' }], tools: [{ name: 'f', input_schema: {} }] },
  ],
  ['Anthropic, with what a tool answered', blocks({ type: 'tool_result', tool_use_id: 'a', content: 'b' })],
  ['Bedrock', { modelId: 'm', messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }],
  ['Bedrock, without its model', blocks({ text: 'Hi' })],
  ['the Vercel AI SDK', blocks({ type: 'image', image: 'a' })],
  ['Mistral', { model: 'm', messages: [{ role: 'assistant', content: '', toolCalls: [] }] }],
])('a request to %s is left to its own reader', (_whose, request) => {
  expect(openAIConversation(request as never)).toBeUndefined();
});
