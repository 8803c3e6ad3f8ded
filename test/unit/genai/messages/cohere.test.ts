import { describe, expect, test } from '@jest/globals';
import { cohere } from '../../../../lib/genai/providers/cohere/cohere.js';
import { cohereConversation } from '../../../../lib/genai/providers/cohere/messages.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: true };
const outputOf = (name: string) => cohere.read(JSON.parse(fixture(`cohere/${name}.json`)), wanted)?.output;
const eventsOf = (name: string) =>
  [...fixture(`cohere/${name}.sse`).matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data as string));
const streamedOutputOf = (events: object[]) => {
  const fold = cohere.startFold(events[0] as object, wanted);
  for (const event of events) fold?.add(event);
  return fold?.response().output;
};

describe('what an answer says', () => {
  test('with thoughts', () => {
    expect(outputOf('chat-thinking')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'The user asks for a xylophone.' },
          { type: 'text', content: 'A xylo' },
        ],
        finish_reason: 'MAX_TOKENS',
      },
    ]);
  });

  test('with a plan and calls of tools', () => {
    const name = 'xylophone';
    expect(outputOf('chat-tools')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'I will search for the xylophone.' },
          { type: 'tool_call', name: 'find_instrument', id: 'find_instrument_g9x4', arguments: { name } },
          { type: 'tool_call', name: 'get_price', id: 'get_price_k2m8', arguments: { name } },
        ],
        finish_reason: 'TOOL_CALL',
      },
    ]);
  });
});

describe('what a stream says', () => {
  test('is put together from its events', () => {
    expect(streamedOutputOf(eventsOf('chat-stream'))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'What is a xylophone?' },
          { type: 'text', content: 'Wooden bars: a xylophone.' },
        ],
        finish_reason: 'COMPLETE',
      },
    ]);
  });

  test('with a plan and calls of tools, whose arguments come in pieces', () => {
    expect(streamedOutputOf(eventsOf('chat-stream-tools'))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'I will look up the xylophone.' },
          { type: 'tool_call', name: 'find_instrument', id: 'find_instrument_9b0n', arguments: { name: 'xylophone' } },
          { type: 'tool_call', name: 'get_price', id: 'get_price_4fvp', arguments: {} },
        ],
        finish_reason: 'TOOL_CALL',
      },
    ]);
  });

  test('is what was received, where it was cut off', () => {
    expect(streamedOutputOf(eventsOf('chat-stream').slice(0, 7))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'What is a xylophone?' },
          { type: 'text', content: 'Wooden bars:' },
        ],
        finish_reason: 'error',
      },
    ]);
  });

  test('is not kept while nobody wants it', () => {
    const events = eventsOf('chat-stream');
    const fold = cohere.startFold(events[0], { detail: true, content: false });
    for (const event of events) fold?.add(event);
    expect(JSON.stringify([fold, fold?.response()])).not.toMatch(/xylo/);
  });
});

describe('what a request says', () => {
  const hello = { role: 'user', content: 'Hello' };
  const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

  test('with images, a plan and tools', () => {
    const request = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', imageUrl: { url: 'data:image/png;base64,AAAAAAAA' } },
            { type: 'image_url', imageUrl: { url: 'https://example.com/lute.png' } },
          ],
        },
        { role: 'assistant', toolPlan: 'I will look.', toolCalls: [call] },
        { role: 'tool', toolCallId: 'a', content: 'A lute.' },
        {
          role: 'tool',
          toolCallId: 'b',
          content: [
            { type: 'text', text: 'A lute.' },
            { type: 'document', document: { id: 'd', data: { strings: 8 } } },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    };
    expect(cohereConversation(request)).toEqual({
      input: [
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'What is this?' },
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 6 bytes]' },
            { type: 'uri', modality: 'image', uri: 'https://example.com/lute.png' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', content: 'I will look.' },
            { type: 'tool_call', name: 'look', id: 'a', arguments: { at: 1 } },
          ],
        },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'a', response: 'A lute.' }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'b', response: ['A lute.', { strings: 8 }] }] },
      ],
      tools: [{ type: 'function', name: 'look', parameters: { type: 'object' } }],
    });
  });

  test.each<[string, Record<string, unknown>, boolean]>([
    ['with an option of its own', { messages: [hello], safetyMode: 'STRICT' }, true],
    ['over the wire', { messages: [{ role: 'assistant', tool_plan: 'I will look.' }] }, true],
    ['that any API takes', { messages: [hello], tools: [] }, false],
    ['without messages', { documents: [] }, false],
  ])('%s is read, or left to others', (_name, request, read) => {
    expect(cohereConversation({ model: 'command-a-03-2025', ...request }) !== undefined).toBe(read);
  });
});
