import { describe, expect, test } from '@jest/globals';
import type { Message } from '../../../../lib/genai/messages/message.js';
import { StreamedResponse } from '../../../../lib/genai/providers/registry.js';
import { weatherCall as call, said } from '../../../support/openai-messages.js';
import { fixture } from '../../../support/wire-server.js';

const WANTED = { detail: true, content: true };

/** The items of a stream, as its server-sent events bring them. */
const events = (path: string): object[] =>
  fixture(path)
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)));

const streamed = (chunks: readonly unknown[], wanted = WANTED) => {
  const stream = new StreamedResponse(wanted);
  for (const chunk of chunks) stream.add(chunk);
  return stream.value()?.output;
};
const compatible = (name: string) => events(`openai-compatible/${name}.sse`);
const paris = [{ type: 'reasoning', content: 'France has one capital.' }, ...said('Paris it is.')] as const;

describe('a stream', () => {
  test.each<[string, readonly object[], Message['parts'], string]>([
    ['of text', events('openai/chat-completion-stream.sse'), said('Hello! How can I help?'), 'stop'],
    [
      'of a tool call',
      events('openai/chat-completion-stream-tools.sse'),
      [
        {
          type: 'tool_call',
          name: 'get_current_weather',
          id: 'call_DdmO9pD3xa9XTPNJ32zg2hcA',
          arguments: { location: 'Paris' },
        },
      ],
      'tool_calls',
    ],
    ['of Azure', compatible('azure'), said('Paris it is.'), 'stop'],
    ['of Groq', compatible('groq'), paris, 'stop'],
    ['of xAI', compatible('xai'), paris, 'stop'],
    ['of OpenRouter', compatible('openrouter'), paris, 'stop'],
    ['of vLLM', compatible('vllm'), paris, 'stop'],
    ['of Fireworks', compatible('fireworks'), paris, 'stop'],
    ['of Together', compatible('together'), said('Paris it is.'), 'eos'],
    ['of Perplexity', compatible('perplexity'), said('Paris it is.'), 'stop'],
    [
      'of DeepSeek',
      compatible('deepseek'),
      [
        { type: 'reasoning', content: 'I should look it up.' },
        { type: 'tool_call', name: 'weather', id: 'call_00_lCIkdHRa7AKm', arguments: { location: 'Paris' } },
      ],
      'tool_calls',
    ],
    ['that failed in its midst', compatible('openrouter-failed'), [paris[0], ...said('Paris')], 'error'],
    ['that was cut off', compatible('openrouter').slice(0, 3), [paris[0], ...said('Paris')], 'error'],
    ['of the responses API', events('openai/response-stream.sse'), said('Hi there!'), 'stop'],
    [
      'of the responses API that was cut off',
      events('openai/response-stream.sse').slice(0, 6),
      said('Hi there'),
      'error',
    ],
    [
      'of the responses API whose last event leaves the output out',
      [
        ...events('openai/response-stream.sse').slice(0, 7),
        { type: 'response.completed', response: { object: 'response', status: 'completed', output: [] } },
      ],
      said('Hi there!'),
      'stop',
    ],
    [
      'of the responses API that was cut off within several items',
      [
        { type: 'response.created', response: { id: 'resp_1', object: 'response', output: [] } },
        { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Hm.' },
        { type: 'response.refusal.delta', output_index: 1, content_index: 0, delta: 'No.' },
        {
          type: 'response.output_item.added',
          output_index: 2,
          item: { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '' },
        },
        { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"city":' },
        { type: 'response.function_call_arguments.delta', output_index: 2, delta: '"Paris"}' },
        {
          type: 'response.output_item.done',
          output_index: 3,
          item: { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { query: 'x' } },
        },
      ],
      [
        { type: 'reasoning', content: 'Hm.' },
        ...said('No.'),
        call,
        {
          type: 'server_tool_call',
          name: 'web_search',
          id: 'ws_1',
          server_tool_call: { type: 'web_search_call', action: { query: 'x' } },
        },
      ],
      'error',
    ],
  ])('%s is told as it was received', (_what, chunks, parts, finish_reason) => {
    expect(streamed(chunks)).toEqual([{ role: 'assistant', parts, finish_reason }]);
  });

  const chunk = (...choices: object[]) => ({ object: 'chat.completion.chunk', choices });

  test('of several choices is one message for each, in their order', () => {
    const chunks = [
      chunk({ index: 1, delta: { content: 'b' } }),
      chunk({ index: 0, delta: { content: 'a' } }),
      chunk({ index: 1, delta: { content: 'B' }, finish_reason: 'stop' }),
    ];
    expect(streamed(chunks)).toEqual([
      { role: 'assistant', parts: said('a'), finish_reason: 'error' },
      { role: 'assistant', parts: said('bB'), finish_reason: 'stop' },
    ]);
  });

  test('that speaks is told by its transcript and the size of the audio', () => {
    const chunks = [
      chunk({ index: 0, delta: { audio: { id: 'audio_1', transcript: 'Par' } } }),
      chunk({ index: 0, delta: { audio: { transcript: 'is.' } } }),
      chunk({ index: 0, delta: { audio: { data: 'AAAA' } } }),
      chunk({ index: 0, delta: { audio: { data: 'AAA=' } }, finish_reason: 'stop' }),
    ];
    const parts = [...said('Paris.'), { type: 'blob', modality: 'audio', content: '[binary, 5 bytes]' }];
    expect(streamed(chunks)).toEqual([{ role: 'assistant', parts, finish_reason: 'stop' }]);
  });

  test('of a completed text is told', () => {
    const pieces = [' upon', ' a time'].map((text) => ({ object: 'text_completion', choices: [{ index: 0, text }] }));
    expect(streamed(pieces)).toEqual([{ role: 'assistant', parts: said(' upon a time'), finish_reason: 'error' }]);
  });

  test('keeps nothing of what is said where nobody wants it', () => {
    const stream = new StreamedResponse({ detail: true, content: false });
    stream.add(chunk({ index: 0, delta: { content: 'secret', tool_calls: [{ function: { arguments: 'secret' } }] } }));
    stream.add(chunk({ index: 0, delta: { reasoning: 'secret' } }));
    expect(JSON.stringify(stream)).not.toContain('secret');
  });
});
