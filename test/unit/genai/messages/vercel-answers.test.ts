import { describe, expect, test } from '@jest/globals';
import { vercel } from '../../../../lib/genai/providers/vercel/vercel.js';

const wanted = { detail: true, content: true };
const usage = { inputTokens: 3, outputTokens: 2 };
const response = { id: 'r1', modelId: 'gpt-4o' };
const call = { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: { city: 'Oslo' } };
const returned = { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output: 'Rain' };

/** What `steps` and the parts of a stream say alike. */
const SAID = [
  {
    role: 'assistant',
    parts: [
      { type: 'reasoning', content: 'I must look.' },
      { type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } },
    ],
    finish_reason: 'tool_calls',
  },
  { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'Rain' }] },
  { role: 'assistant', parts: [{ type: 'text', content: 'It rains.' }], finish_reason: 'stop' },
];
const PARTS = [
  { type: 'start' },
  { type: 'start-step' },
  { type: 'reasoning-start', id: '0' },
  { type: 'reasoning-delta', id: '0', text: 'I must ' },
  { type: 'reasoning-delta', id: '0', text: 'look.' },
  { type: 'tool-input-start', id: 'call_1', toolName: 'weather' },
  { type: 'tool-input-delta', id: 'call_1', delta: '{"city":' },
  call,
  returned,
  { type: 'finish-step', finishReason: 'tool-calls', rawFinishReason: 'tool_calls', usage, response },
  { type: 'start-step' },
  { type: 'text-start', id: '0' },
  { type: 'text-delta', id: '0', text: 'It ' },
  { type: 'text-delta', id: '0', text: 'rains.' },
  { type: 'finish-step', finishReason: 'stop', rawFinishReason: 'stop', usage, response },
  { type: 'finish', finishReason: 'stop', rawFinishReason: 'stop', totalUsage: { inputTokens: 6, outputTokens: 4 } },
];
const folded = (parts: readonly object[]) => {
  const fold = vercel.startFold(parts[0] as object, wanted);
  for (const part of parts) fold?.add(part);
  return fold?.response();
};

describe('what an answer says', () => {
  test('in steps', () => {
    const steps = [
      {
        content: [{ type: 'reasoning', text: 'I must look.' }, call, returned],
        finishReason: 'tool-calls',
        rawFinishReason: 'tool_calls',
        usage,
        response,
      },
      {
        content: [{ type: 'text', text: 'It rains.' }],
        finishReason: 'stop',
        rawFinishReason: 'stop',
        usage,
        response,
      },
    ];
    expect(vercel.read({ steps, totalUsage: usage }, wanted)?.output).toEqual(SAID);
    expect(vercel.read({ steps, totalUsage: usage }, { detail: true, content: false })?.output).toBeUndefined();
  });

  test('as an object', () => {
    const answer = { object: { city: 'Oslo' }, reasoning: 'A city.', finishReason: 'stop', usage, response };
    expect(vercel.read(answer, wanted)?.output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'A city.' },
          { type: 'text', content: '{"city":"Oslo"}' },
        ],
        finish_reason: 'stop',
      },
    ]);
  });

  test('in a stream', () => {
    expect(folded(PARTS)).toMatchObject({ output: SAID, usage: { inputTokens: 6, outputTokens: 4 } });
  });

  test('in a stream that was cut off, as far as it came', () => {
    expect(folded(PARTS.slice(0, 7))?.output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'I must look.' },
          { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{"city":' },
        ],
        finish_reason: 'error',
      },
    ]);
    expect(folded(PARTS.slice(0, 12))).toMatchObject({
      finishReasons: ['error'],
      usage: { inputTokens: 3, outputTokens: 2 },
      output: SAID.slice(0, 2),
    });
  });
});

describe('older versions', () => {
  test('their names of tokens', () => {
    const step = { finishReason: 'stop', usage: {}, response };
    const read = (totalUsage: object) => vercel.read({ steps: [step], totalUsage }, wanted)?.usage;
    expect(read({ inputTokens: 9, outputTokens: 4, cachedInputTokens: 5, reasoningTokens: 2 })).toEqual({
      inputTokens: 9,
      outputTokens: 4,
      cacheReadTokens: 5,
      reasoningTokens: 2,
    });
    expect(read({ promptTokens: 9, completionTokens: Number.NaN })).toEqual({ inputTokens: 9 });
  });
});

test('a streamed result whose stream stands elsewhere is not asked for anything', () => {
  class Result {
    pipeTextStreamToResponse(): void {}
    get usage(): never {
      throw new Error('started');
    }
    get steps(): never {
      throw new Error('started');
    }
  }
  expect(vercel.read(new Result(), wanted)).toEqual({});
});

test.each<[string, object]>([
  ['steps of something else', { steps: [{ name: 'one' }] }],
  ['an answer of OpenAI', { id: 'c', object: 'chat.completion', model: 'gpt-4o', choices: [], usage: {} }],
  ['embeddings of Ollama', { model: 'm', embeddings: [[1]], prompt_eval_count: 1 }],
  ['embeddings of Google', { embeddings: [{ values: [1] }] }],
])('%s is left to others', (_what, answer) => {
  expect(vercel.read(answer, wanted)).toBeUndefined();
});
