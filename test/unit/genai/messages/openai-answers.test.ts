import { describe, expect, test } from '@jest/globals';
import type { Message } from '../../../../lib/genai/messages/message.js';
import { readResponse } from '../../../../lib/genai/providers/registry.js';
import { weatherCall as call, PIXEL, said } from '../../../support/openai-messages.js';

const WANTED = { detail: true, content: true };

const answer = (message: object, finish_reason = 'stop') => ({
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason, message: { role: 'assistant', content: null, ...message } }],
});

describe('an answer', () => {
  test.each<[string, object, Message['parts']]>([
    ['of text', { content: 'Paris.' }, said('Paris.')],
    ['of nothing', { content: '' }, []],
    ['that is a refusal', { refusal: 'I will not.' }, said('I will not.')],
    [
      'with its reasoning, as DeepSeek tells it',
      { reasoning_content: 'Hm.', content: 'Paris.' },
      [{ type: 'reasoning', content: 'Hm.' }, ...said('Paris.')],
    ],
    [
      'with its reasoning, as Groq tells it',
      { reasoning: 'Hm.', content: 'Paris.' },
      [{ type: 'reasoning', content: 'Hm.' }, ...said('Paris.')],
    ],
    [
      'with its reasoning told twice',
      { reasoning: 'Hm.', reasoning_content: 'Hm.' },
      [{ type: 'reasoning', content: 'Hm.' }],
    ],
    [
      'that calls tools',
      {
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
      },
      [call],
    ],
    [
      'that is spoken',
      { audio: { id: 'audio_1', data: 'AAAAAAAA', transcript: 'Paris.' } },
      [...said('Paris.'), { type: 'blob', modality: 'audio', content: '[binary, 6 bytes]' }],
    ],
    [
      'with an image, as OpenRouter sends it',
      { content: 'Here.', images: [{ type: 'image_url', image_url: { url: PIXEL } }] },
      [...said('Here.'), { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' }],
    ],
  ])('%s is told as it is said', (_what, message, parts) => {
    const told = readResponse(answer(message), WANTED)?.output;
    expect(told).toEqual([{ role: 'assistant', parts, finish_reason: 'stop' }]);
  });

  test('of several choices is one message for each', () => {
    const choices = ['stop', 'length'].map((finish_reason, index) => ({
      index,
      finish_reason,
      message: { content: `${index}` },
    }));
    expect(readResponse({ object: 'chat.completion', choices }, WANTED)?.output).toEqual([
      { role: 'assistant', parts: said('0'), finish_reason: 'stop' },
      { role: 'assistant', parts: said('1'), finish_reason: 'length' },
    ]);
  });

  test('of a completed text is told', () => {
    const completed = { object: 'text_completion', choices: [{ index: 0, text: ' upon', finish_reason: 'length' }] };
    expect(readResponse(completed, WANTED)?.output).toEqual([
      { role: 'assistant', parts: said(' upon'), finish_reason: 'length' },
    ]);
  });

  const response = (...output: object[]) => ({ object: 'response', status: 'completed', output });
  test.each<[string, object[], Message['parts'], string]>([
    [
      'text and reasoning',
      [
        { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] },
        {
          type: 'message',
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'Paris.', annotations: [] },
            { type: 'refusal', refusal: 'No more.' },
          ],
        },
      ],
      [{ type: 'reasoning', content: 'Hm.' }, ...said('Paris.'), ...said('No more.')],
      'stop',
    ],
    [
      'the call of a tool',
      [{ type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' }],
      [call],
      'tool_calls',
    ],
    [
      'calls of tools that ran at the provider',
      [
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'Paris' } },
        { type: 'image_generation_call', id: 'ig_1', output_format: 'png', result: 'AAAAAAAA' },
        { type: 'mcp_call', id: 'mcp_1', server_label: 'wiki', name: 'look', arguments: '{}', output: 'found' },
        { type: 'compaction', id: 'cmp_1', encrypted_content: 'x' },
      ],
      [
        {
          type: 'server_tool_call',
          name: 'web_search',
          id: 'ws_1',
          server_tool_call: { type: 'web_search_call', action: { type: 'search', query: 'Paris' } },
        },
        {
          type: 'server_tool_call',
          name: 'image_generation',
          id: 'ig_1',
          server_tool_call: { type: 'image_generation_call', output_format: 'png' },
        },
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' },
        {
          type: 'server_tool_call',
          name: 'look',
          id: 'mcp_1',
          server_tool_call: {
            type: 'mcp_call',
            server_label: 'wiki',
            name: 'look',
            arguments: '{}',
            output: 'found',
          },
        },
        { type: 'compaction' },
      ],
      'stop',
    ],
  ])('of the responses API, with %s, is one message', (_what, output, parts, finish_reason) => {
    expect(readResponse(response(...output), WANTED)?.output).toEqual([{ role: 'assistant', parts, finish_reason }]);
  });

  test('that repeats the question is told without it', () => {
    const output = ['user', 'assistant'].map((role) => ({
      type: 'message',
      role,
      content: [{ type: 'text', text: role }],
    }));
    expect(readResponse(response(...output), WANTED)?.output).toEqual([
      { role: 'assistant', parts: said('assistant'), finish_reason: 'stop' },
    ]);
  });

  test('is not read where nobody wants it', () => {
    const told = readResponse(answer({ content: 'secret' }), { detail: true, content: false });
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});
