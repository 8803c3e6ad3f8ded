import { expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { ollama } from '../../../../lib/genai/providers/ollama/ollama.js';
import { fixture } from '../../../support/wire-server.js';

const wanted = { detail: true, content: false };
const message = { role: 'assistant', content: 'Hi' };
const fold = (...chunks: object[]): ModelResponse | undefined => {
  const started = ollama.startFold(chunks[0] as object, wanted);
  for (const chunk of chunks) started?.add(chunk);
  return started?.response();
};

test('without detail an answer tells model, provider and usage only', () => {
  expect(ollama.read(JSON.parse(fixture('ollama/chat.json')), { detail: false, content: false })).toEqual({
    provider: 'ollama',
    model: 'qwen3:8b',
    usage: { inputTokens: 26, outputTokens: 11 },
  });
});

test('a stream that loads a model only ends without counts', () => {
  expect(fold({ model: 'qwen3:8b', created_at: '2026-11-20T10:15:06Z', done: true, done_reason: 'load' })).toEqual({
    provider: 'ollama',
    model: 'qwen3:8b',
    finishReasons: ['load'],
  });
});

test('a stream that was cut off has no counts', () => {
  expect(fold({ model: 'qwen3:8b', message, done: false, eval_count: 3 })).toEqual({
    provider: 'ollama',
    model: 'qwen3:8b',
    finishReasons: ['error'],
  });
});

test('a vector alone tells its dimensions, and not whose it is', () => {
  expect(ollama.read({ embedding: [0.1, 0.2] }, wanted)).toEqual({ dimensions: 2 });
});

test.each<[string, object]>([
  ['a job that is done', { done: true, message: 'ready' }],
  ['progress of a download', { status: 'pulling', digest: 'a', total: 2, completed: 1 }],
  ['an embedding with something beside it', { embedding: [0.1, 0.2], usage: { tokens: 2 } }],
  ['an embedding of texts', { embedding: ['a'] }],
  ['embeddings by type', { id: 'a', embeddings: { float: [[1, 2]] } }],
  ['a chat completion', { object: 'chat.completion', model: 'gpt-4o', choices: [], usage: {} }],
  ['nothing', {}],
])('%s is of another family', (_name, answer) => {
  expect(ollama.read(answer, wanted)).toBeUndefined();
  expect(ollama.startFold(answer, wanted)).toBeUndefined();
});

test('fields of another type than they should have are passed over', () => {
  const answer = {
    model: 'qwen3:8b',
    message: { content: 7, thinking: {}, tool_calls: [null, { function: 7 }], images: 7 },
    done: true,
    done_reason: 7,
    prompt_eval_count: '26',
    eval_count: -1,
  };
  expect(ollama.read(answer, { detail: true, content: true })).toEqual({
    provider: 'ollama',
    model: 'qwen3:8b',
    output: [{ role: 'assistant', parts: [] }],
  });
  expect(fold(answer, {}, { message: 7 })).toEqual({ provider: 'ollama', model: 'qwen3:8b' });
});
