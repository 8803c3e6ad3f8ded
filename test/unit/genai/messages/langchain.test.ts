import { describe, expect, test } from '@jest/globals';
import { langChainConversation } from '../../../../lib/genai/providers/langchain/messages.js';

/** A message as LangChain's classes make them. */
const message = (type: string, fields: object) => ({ lc_namespace: ['langchain_core', 'messages'], type, ...fields });
const said = (content: unknown) =>
  langChainConversation({ messages: [message('human', { content })] })?.input?.[0]?.parts;

describe('messages', () => {
  test.each<[what: string, given: unknown, expected: object]>([
    ['human', message('human', { content: 'a' }), { role: 'user', parts: [{ type: 'text', content: 'a' }] }],
    [
      'named',
      message('human', { content: 'a', name: 'Al' }),
      { role: 'user', name: 'Al', parts: [{ type: 'text', content: 'a' }] },
    ],
    [
      'of 0.x, whose type is a method',
      message('', { type: undefined, _getType: () => 'system', content: 'a' }),
      { role: 'system', parts: [{ type: 'text', content: 'a' }] },
    ],
    [
      'of a role of its own',
      message('generic', { role: 'critic', content: 'a' }),
      { role: 'critic', parts: [{ type: 'text', content: 'a' }] },
    ],
    [
      'with a thought beside it',
      message('ai', { content: 'a', additional_kwargs: { reasoning_content: 'b' } }),
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'b' },
          { type: 'text', content: 'a' },
        ],
      },
    ],
    [
      'with a tool call',
      message('ai', {
        content: [{ type: 'tool_use', id: '1', name: 'f', input: {} }],
        tool_calls: [{ id: '1', name: 'f', args: { x: 1 } }],
      }),
      { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'f', arguments: { x: 1 } }] },
    ],
    [
      'of a tool',
      message('tool', { content: [{ type: 'text', text: 'a' }], tool_call_id: '1' }),
      { role: 'tool', parts: [{ type: 'tool_call_response', id: '1', response: [{ type: 'text', content: 'a' }] }] },
    ],
    ['a tuple', ['human', 'a'], { role: 'user', parts: [{ type: 'text', content: 'a' }] }],
    ['a plain one', { role: 'user', content: 'a' }, { role: 'user', parts: [{ type: 'text', content: 'a' }] }],
    [
      'a plain one with tool calls',
      { role: 'assistant', tool_calls: [{ id: '1', function: { name: 'f', arguments: '{"x":1}' } }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'f', arguments: { x: 1 } }] },
    ],
    ['a mere text', 'a', { role: 'user', parts: [{ type: 'text', content: 'a' }] }],
  ])('%s', (_what, given, expected) => {
    const first = ['system', 's'];
    const parts = [{ type: 'text', content: 's' }];
    for (const request of [[first, given], { messages: [first, given] }]) {
      expect(langChainConversation(request as never)).toEqual({ input: [{ role: 'system', parts }, expected] });
    }
  });

  test.each<[what: string, given: unknown]>([
    ['of other clients', { messages: [{ role: 'user', content: 'a' }] }],
    ['of other clients, as a list', [{ role: 'user', content: 'a' }]],
    ['no messages', { prompt: 'a' }],
    ['what is no list', { messages: 'a' }],
    ['an empty list', []],
  ])('are not read: %s', (_what, given) => {
    expect(langChainConversation(given as never)).toBeUndefined();
  });

  test('what is none is left out', () => {
    expect(langChainConversation([['human', 'a'], null, 1, {}] as never)?.input).toHaveLength(1);
  });
});

describe('blocks', () => {
  test.each<[what: string, block: unknown, expected: unknown[]]>([
    ['text', { type: 'text', text: 'a' }, [{ type: 'text', content: 'a' }]],
    ['a string', 'a', [{ type: 'text', content: 'a' }]],
    ['a thought', { type: 'reasoning', reasoning: 'a' }, [{ type: 'reasoning', content: 'a' }]],
    [
      'a thought of Anthropic',
      { type: 'thinking', thinking: 'a', signature: 's' },
      [{ type: 'reasoning', content: 'a' }],
    ],
    [
      'a thought of OpenAI',
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }] },
      [{ type: 'reasoning', content: 'a' }],
    ],
    [
      'a picture by address',
      { type: 'image_url', image_url: { url: 'https://a/b.png' } },
      [{ type: 'uri', modality: 'image', uri: 'https://a/b.png' }],
    ],
    [
      'a picture in line',
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      [{ type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 3 bytes]' }],
    ],
    [
      'a picture of Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      [{ type: 'blob', modality: 'image', content: '[binary, 3 bytes]' }],
    ],
    [
      'sound',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      [{ type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: '[audio/wav, 3 bytes]' }],
    ],
    [
      'a file by id',
      { type: 'file', fileId: 'f1', mimeType: 'application/pdf' },
      [{ type: 'file', modality: 'document', file_id: 'f1', mime_type: 'application/pdf' }],
    ],
    ['an unknown one: nothing but its type', { type: 'x', bytes: 'AAAA' }, [{ type: 'x' }]],
    ['without a type', { bytes: 'AAAA' }, []],
    ['nothing', null, []],
  ])('%s', (_what, block, expected) => {
    expect(said([block])).toEqual(expected);
  });
});

test('tools, as OpenAI and as Anthropic get them', () => {
  const parameters = { type: 'object' };
  const tools = [
    { type: 'function', function: { name: 'f', description: 'd', parameters } },
    { name: 'g', input_schema: parameters },
    { strange: true },
    null,
  ];
  expect(langChainConversation({ messages: [['human', 'a']], tools })?.tools).toEqual([
    { type: 'function', name: 'f', description: 'd', parameters },
    { type: 'function', name: 'g', parameters },
  ]);
});
