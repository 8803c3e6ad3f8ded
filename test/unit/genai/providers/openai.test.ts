import { describe, expect, test } from '@jest/globals';
import { responseAttributes } from '../../../../lib/genai/answer.js';
import { readResponse, StreamedResponse } from '../../../../lib/genai/providers/registry.js';
import { LlmCall } from '../../../../lib/index.js';
import { useTelemetry } from '../../../support/telemetry.js';

/* Answers of servers that only resemble OpenAI's, and of those that send what they should not. */

const telemetry = useTelemetry({ rethrowFaults: false });

/** What would be recorded of an answer. */
const told = (answer: unknown) => {
  const response = readResponse(answer, { detail: true, content: false });
  return response && { provider: response.provider, ...responseAttributes(response, true) };
};
const toldOfStream = (...chunks: unknown[]) => {
  const stream = new StreamedResponse({ detail: true, content: false });
  for (const chunk of chunks) stream.add(chunk);
  const response = stream.value();
  return response && { provider: response.provider, ...responseAttributes(response, true) };
};

const chat = { object: 'chat.completion' };
const chunk = { object: 'chat.completion.chunk' };
const response = { object: 'response', status: 'completed', output: [] };
const openai = { provider: 'openai', 'openai.api.type': 'chat_completions' };
const responsesApi = { provider: 'openai', 'openai.api.type': 'responses' };
const finished = (...reasons: string[]) => ({ 'gen_ai.response.finish_reasons': reasons });

describe('of an answer', () => {
  test.each<[string, unknown]>([
    ['text', 'text'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['an empty object', {}],
    ['an empty array', []],
    ['choices of nothing known', { choices: [] }],
    ['choices that are no list', { ...chat, choices: 'two' }],
    ['an answer without output', { object: 'response', status: 'completed' }],
    ['data that are no embeddings', { object: 'list', data: [{ id: 'model' }] }],
    ['data that hold nothing', { object: 'list', data: [] }],
    ['data of null', { data: [null] }],
  ])('that is %s nothing is told', (_what, answer) => {
    expect(told(answer)).toBeUndefined();
  });

  test.each<[string, unknown, object]>([
    ['no choices', { ...chat, choices: [] }, openai],
    ['choices that are null', { ...chat, choices: [null, undefined, 7] }, openai],
    [
      'choices without a finish reason',
      { ...chat, choices: [{}, { finish_reason: null }, { finish_reason: '' }] },
      openai,
    ],
    [
      'one finish reason of two',
      { ...chat, choices: [{ finish_reason: 'stop' }, {}] },
      { ...openai, ...finished('stop') },
    ],
    [
      'everything null',
      { ...chat, choices: [], id: null, model: null, usage: null, service_tier: null, system_fingerprint: null },
      openai,
    ],
    [
      'everything of another type',
      { ...chat, choices: [], id: 1, model: {}, usage: 'many', service_tier: 2, system_fingerprint: [] },
      openai,
    ],
    ['counts as text', { ...chat, choices: [], usage: { prompt_tokens: '12', completion_tokens: '3' } }, openai],
    [
      'counts that are none',
      { ...chat, choices: [], usage: { prompt_tokens: -1, completion_tokens: Number.NaN, prompt_tokens_details: [] } },
      openai,
    ],
    [
      'counts that are broken',
      { ...chat, choices: [], usage: { prompt_tokens: 1.5, completion_tokens: Number.POSITIVE_INFINITY } },
      openai,
    ],
    [
      'counts of zero, which are counts',
      { ...chat, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } },
      { ...openai, 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.output_tokens': 0 },
    ],
    ['output of null', { ...response, output: [null, 7, 'text'] }, { ...responsesApi, ...finished('stop') }],
    ['a status that is unknown', { ...response, status: 'pondering' }, responsesApi],
    ['a status that is not final', { ...response, status: 'in_progress', usage: null }, responsesApi],
    ['no reason why it is incomplete', { ...response, status: 'incomplete', incomplete_details: null }, responsesApi],
    [
      'another reason why it is incomplete',
      { ...response, status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      { ...responsesApi, ...finished('content_filter') },
    ],
    [
      'a call of a custom tool',
      { ...response, output: [{ type: 'custom_tool_call', call_id: 'call_1', name: 'sql', input: 'SELECT 1' }] },
      { ...responsesApi, ...finished('tool_calls') },
    ],
    [
      'a call that OpenAI ran itself',
      { ...response, output: [{ type: 'web_search_call', status: 'completed' }] },
      { ...responsesApi, ...finished('stop') },
    ],
    ['a cancelled status', { ...response, status: 'cancelled' }, { ...responsesApi, ...finished('error') }],
    ['usage of another type', { ...response, status: 'queued', usage: [] }, responsesApi],
    ['embeddings as base64 and no usage', { data: [{ embedding: 'AAAA' }] }, { provider: 'openai' }],
    [
      'a model but no object',
      { model: 'local', choices: [] },
      { provider: 'openai', 'gen_ai.response.model': 'local' },
    ],
  ])('with %s only what it says is told', (_what, answer, expected) => {
    expect(told(answer)).toEqual(expected);
  });
});

describe('of a stream', () => {
  test.each<[string, unknown[]]>([
    ['no chunks', []],
    ['chunks of no known shape', [null, undefined, 7, 'text', {}, [], { type: 'ping' }, { choices: [] }]],
  ])('of %s nothing is told', (_what, chunks) => {
    expect(toldOfStream(...chunks)).toBeUndefined();
  });

  test.each<[string, unknown[], object]>([
    ['chunks that are null between others', [{ ...chunk, choices: [] }, null, 'text', 7], openai],
    ['choices that are null', [{ ...chunk, choices: [] }, { choices: [null, undefined, 7] }], openai],
    ['choices that are no list', [{ ...chunk, choices: [] }, { choices: 'two' }], openai],
    [
      'an index that is none',
      [{ ...chunk, choices: [{ index: -1, finish_reason: 'stop' }, { index: 0.5 }, { index: 'a' }] }],
      { ...openai, ...finished('stop') },
    ],
    [
      'an index beyond all bounds',
      [{ ...chunk, choices: [{ index: 2 ** 32 - 2, finish_reason: 'stop' }] }],
      { ...openai, ...finished('stop') },
    ],
    [
      'choices in another order',
      [
        { ...chunk, choices: [{ index: 1, finish_reason: null }] },
        { ...chunk, choices: [{ index: 0, finish_reason: 'stop' }] },
        { ...chunk, choices: [{ index: 1, finish_reason: 'length' }] },
      ],
      { ...openai, ...finished('stop', 'length') },
    ],
    [
      'a choice that was cut off',
      [
        {
          ...chunk,
          choices: [
            { index: 0, finish_reason: 'stop' },
            { index: 1, finish_reason: null },
          ],
        },
      ],
      { ...openai, ...finished('stop', 'error') },
    ],
    [
      'usage on every chunk, of which the last counts',
      [1, 2, 3].map((completion_tokens) => ({ ...chunk, choices: [], usage: { prompt_tokens: 5, completion_tokens } })),
      { ...openai, 'gen_ai.usage.input_tokens': 5, 'gen_ai.usage.output_tokens': 3 },
    ],
    [
      'usage before the last chunk',
      [
        { ...chunk, choices: [], usage: { prompt_tokens: 5 } },
        { ...chunk, choices: [], usage: null },
      ],
      { ...openai, 'gen_ai.usage.input_tokens': 5 },
    ],
    [
      'events without a response',
      [{ type: 'response.created' }, { type: 'response.completed', response: null }],
      { provider: undefined, ...finished('error') },
    ],
    [
      'an end that carries something else',
      [
        { type: 'response.created', response: { id: 'resp_1' } },
        { type: 'response.completed', response: { output: 7 } },
      ],
      { ...responsesApi, ...finished('error'), 'gen_ai.response.id': 'resp_1' },
    ],
  ])('with %s only what it says is told', (_what, chunks, expected) => {
    expect(toldOfStream(...chunks)).toEqual(expected);
  });
});

describe('getters that throw change neither the value nor the call:', () => {
  const hostile = <T extends object>(target: T, key: string): T =>
    Object.defineProperty(target, key, {
      get() {
        throw new Error(`no ${key}`);
      },
    });

  test.each(['choices', 'usage', 'model', 'object', 'id'])('%s of an answer', async (key) => {
    const answer = hostile({ ...chat, choices: [] }, key);
    await expect(LlmCall({ model: 'm' })(async () => answer)()).resolves.toBe(answer);
    expect(telemetry.span).toMatchObject({ name: 'chat m' });
    expect(telemetry.span.error).toBeUndefined();
  });

  test.each(['choices', 'usage', 'model'])('%s of a chunk', async (key) => {
    const chunks = [
      { ...chunk, choices: [] },
      hostile({ ...chunk }, key),
      { ...chunk, choices: [], usage: { prompt_tokens: 3 } },
    ];
    const items: unknown[] = [];
    for await (const item of LlmCall()(async function* () {
      yield* chunks;
    })())
      items.push(item);
    expect(items).toEqual(chunks);
    expect(items[1]).toBe(chunks[1]);
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 3 });
  });

  test.each(['model', 'messages', 'temperature'])('%s of a request', async (key) => {
    const request = hostile({ model: 'm', messages: [], temperature: 1 } as object, key);
    await expect(LlmCall()(async (asked: object) => asked)(request)).resolves.toBe(request);
  });
});
