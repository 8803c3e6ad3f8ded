import { describe, expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { gemini } from '../../../../lib/genai/providers/gemini/gemini.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: false };
const candidates = [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }];
const fold = (...chunks: object[]): ModelResponse | undefined => {
  const started = gemini.startFold(chunks[0] as object, wanted);
  for (const chunk of chunks) started?.add(chunk);
  return started?.response();
};

test('without detail an answer tells model, provider and usage only', () => {
  const answer = JSON.parse(fixture('gemini/generate-content.json'));
  expect(gemini.read(answer, { detail: false, content: false })).toEqual({
    provider: 'gcp.gen_ai',
    model: 'gemini-2.5-flash',
    usage: { inputTokens: 2312, outputTokens: 156, cacheReadTokens: 2048, reasoningTokens: 147 },
  });
});

describe('whose an answer is', () => {
  test.each<[string, object, string]>([
    ['not told', { candidates, usageMetadata: {} }, 'gcp.gen_ai'],
    ['told by when it was made', { candidates, createTime: '2026-11-20T10:15:06Z' }, 'gcp.vertex_ai'],
    ['told by the traffic it counted as', { candidates, usageMetadata: { trafficType: 'ON_DEMAND' } }, 'gcp.vertex_ai'],
  ])('is %s', (_name, answer, provider) => {
    expect(gemini.read(answer, wanted)?.provider).toBe(provider);
    expect(fold(answer)?.provider).toBe(provider);
  });
});

describe('tokens', () => {
  test.each<[string, object, object]>([
    [
      'of thoughts alone, where they took all that was allowed',
      { promptTokenCount: 5, thoughtsTokenCount: 90 },
      { inputTokens: 5, outputTokens: 90, reasoningTokens: 90 },
    ],
    ['that tools gave the model are input', { promptTokenCount: 5, toolUsePromptTokenCount: 40 }, { inputTokens: 45 }],
    [
      'of tools alone are no count of the input',
      { toolUsePromptTokenCount: 40, candidatesTokenCount: 3 },
      { outputTokens: 3 },
    ],
    [
      'of no known type are not told',
      { promptTokenCount: '5', candidatesTokenCount: -1, thoughtsTokenCount: null },
      {},
    ],
  ])('%s', (_name, usageMetadata, usage) => {
    expect(gemini.read({ candidates, usageMetadata }, wanted)?.usage).toEqual(usage);
  });
});

describe('a stream', () => {
  test('has a finish reason for each candidate, in their order', () => {
    expect(
      fold(
        { candidates: [{ index: 1, finishReason: 'SAFETY' }], modelVersion: 'gemini-2.5-flash' },
        {
          candidates: [
            { index: 0, content: { role: 'model' } },
            { index: 2, finishReason: 'MAX_TOKENS' },
          ],
        },
      )?.finishReasons,
    ).toEqual(['error', 'SAFETY', 'MAX_TOKENS']);
  });

  test('that ended before its first candidate was cut off', () => {
    expect(fold({ usageMetadata: { promptTokenCount: 5 }, responseId: 'a' })).toEqual({
      provider: 'gcp.gen_ai',
      id: 'a',
      finishReasons: ['error'],
      usage: { inputTokens: 5 },
    });
  });
});

describe('an embedding', () => {
  const vectors = (...tokenCounts: (number | undefined)[]) =>
    tokenCounts.map((tokenCount) => ({
      values: [1, 2],
      ...(tokenCount !== undefined && { statistics: { tokenCount } }),
    }));

  test.each<[string, object, number | undefined]>([
    ['tells the sum of what each text counts', { embeddings: vectors(3, 4) }, 7],
    ['tells no sum where a count is missing', { embeddings: vectors(3, undefined) }, undefined],
    [
      'tells the count of the whole before those',
      { embeddings: vectors(3), usageMetadata: { promptTokenCount: 9 } },
      9,
    ],
  ])('%s', (_name, answer, inputTokens) => {
    const response = gemini.read(answer, wanted);
    expect(response?.dimensions).toBe(2);
    expect(response?.usage?.inputTokens).toBe(inputTokens);
  });
});

test.each<[string, object]>([
  ['candidates for a job', { candidates: [{ name: 'Ada' }] }],
  ['no candidates', { candidates: [] }],
  ['embeddings of others', { model: 'all-minilm', embeddings: [[1, 2]] }],
  ['embeddings by type', { id: 'a', embeddings: { float: [[1, 2]] } }],
  ['a chat completion', { object: 'chat.completion', model: 'gpt-4o', choices: [], usage: {} }],
  ['usage alone', { usageMetadata: { promptTokenCount: 3 } }],
  ['nothing', {}],
])('%s are of another family', (_name, answer) => {
  expect(gemini.read(answer, wanted)).toBeUndefined();
  expect(gemini.startFold(answer, wanted)).toBeUndefined();
});

test('fields of another type than they should have are passed over', () => {
  const answer = {
    candidates: [null, 7, { content: 7, finishReason: 7 }],
    modelVersion: 'm',
    responseId: 7,
    usageMetadata: 7,
  };
  expect(gemini.read(answer, { detail: true, content: true })).toEqual({
    provider: 'gcp.gen_ai',
    model: 'm',
    finishReasons: [],
    output: [{ role: 'assistant', parts: [] }],
  });
  expect(fold(answer, { candidates: 7 }, {})?.finishReasons).toEqual(['error']);
});
