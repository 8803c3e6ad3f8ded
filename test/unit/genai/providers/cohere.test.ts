import { describe, expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { cohere } from '../../../../lib/genai/providers/cohere/cohere.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: false };
const message = { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] };
const start = { type: 'message-start', id: 'a', delta: { message: { role: 'assistant' } } };
const fold = (...events: object[]): ModelResponse | undefined => {
  const started = cohere.startFold(events[0] as object, wanted);
  for (const event of events) started?.add(event);
  return started?.response();
};

test('without detail an answer tells provider and usage only', () => {
  expect(cohere.read(JSON.parse(fixture('cohere/chat.json')), { detail: false, content: false })).toEqual({
    provider: 'cohere',
    usage: { inputTokens: 418, outputTokens: 11, cacheReadTokens: 256 },
  });
});

describe('tokens', () => {
  const tokens = { inputTokens: 71, outputTokens: 14 };
  test.each<[string, object, object]>([
    [
      'that were billed stand before those of the model',
      { billedUnits: { inputTokens: 5, outputTokens: 12 }, tokens },
      { inputTokens: 5, outputTokens: 12 },
    ],
    [
      'of the model count where nothing was billed by tokens',
      { billedUnits: { searchUnits: 1 }, tokens, cachedTokens: 64 },
      { inputTokens: 71, outputTokens: 14, cacheReadTokens: 64 },
    ],
    [
      'that were billed as none are none',
      { billedUnits: { inputTokens: 0, outputTokens: 0 }, tokens, cachedTokens: 0 },
      { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
    ],
    [
      'in the cache are not told beyond those that were billed',
      { billedUnits: { inputTokens: 5 }, cachedTokens: 64 },
      { inputTokens: 5 },
    ],
    ['of no known type are not told', { billedUnits: { inputTokens: '5' }, tokens: 7, cachedTokens: null }, {}],
  ])('%s', (_name, usage, counts) => {
    expect(cohere.read({ id: 'a', finishReason: 'COMPLETE', message, usage }, wanted)?.usage).toEqual(counts);
    expect(fold(start, { type: 'message-end', delta: { finishReason: 'COMPLETE', usage } })?.usage).toEqual(counts);
  });
});

describe('a failure', () => {
  test.each<[string, object, Partial<ModelResponse>]>([
    ['told by the finish reason', { finishReason: 'TIMEOUT' }, { finishReasons: ['TIMEOUT'], error: 'TIMEOUT' }],
    ['told by a message only', { error: 'Something went wrong.' }, { finishReasons: ['error'], error: '_OTHER' }],
    ['is not what the model finished', { finishReason: 'STOP_SEQUENCE' }, { finishReasons: ['STOP_SEQUENCE'] }],
  ])('%s', (_name, delta, told) => {
    expect(fold(start, { type: 'message-end', delta })).toEqual({ provider: 'cohere', id: 'a', ...told });
  });
});

test('dimensions are those of the first type that tells them', () => {
  const embeddings = { base64: ['AAAA'], ubinary: [[1, 2]], int8: [[1, 2, 3]] };
  expect(cohere.read({ id: 'a', embeddings }, wanted)).toEqual({ provider: 'cohere', id: 'a', dimensions: 3 });
  expect(cohere.read({ id: 'a', embeddings: { base64: ['AAAA'] } }, wanted)).toEqual({
    provider: 'cohere',
    id: 'a',
  });
});

test.each<[string, object]>([
  ['a reason in the words of others', { id: 'a', finishReason: 'stop', message }],
  ['a message of a user', { id: 'a', finishReason: 'COMPLETE', message: { role: 'user' } }],
  ['embeddings of others', { model: 'all-minilm', embeddings: [[1, 2]] }],
  ['the start of a message of others', { type: 'message-start', id: 'a' }],
  ['a part of a message', { type: 'content-delta', index: 0, delta: {} }],
  ['nothing', {}],
])('%s is of another family', (_name, answer) => {
  expect(cohere.read(answer, wanted)).toBeUndefined();
  expect(cohere.startFold(answer, wanted)).toBeUndefined();
});

test('fields of another type than they should have are passed over', () => {
  const answer = {
    id: 7,
    finishReason: 'COMPLETE',
    message: { role: 'assistant', content: [null, 7, {}], toolCalls: 7 },
    usage: 7,
  };
  expect(cohere.read(answer, { detail: true, content: true })).toEqual({
    provider: 'cohere',
    finishReasons: ['COMPLETE'],
    output: [{ role: 'assistant', parts: [], finish_reason: 'COMPLETE' }],
  });
  const started = cohere.startFold(start, { detail: true, content: true });
  for (const event of [start, {}, { type: 'content-delta', delta: 7 }, { type: 'message-end', delta: 7 }])
    started?.add(event);
  expect(started?.response()).toEqual({ provider: 'cohere', id: 'a', finishReasons: ['error'], output: [] });
});
