import { describe, expect, test } from '@jest/globals';
import { openAIConversation } from '../../../../lib/genai/providers/openai/messages.js';
import { openAI } from '../../../../lib/genai/providers/openai/openai.js';

/* Any field of an answer, a chunk or a request may be missing or of another type; the reader itself never throws. */

const WANTED = { detail: true, content: true };
const WRONG = [null, undefined, 5, -1, 'x', '', true, [], [null], [5], ['x'], [[]], {}, { a: 1 }, [{}], () => {}, 1n];

const usage = {
  prompt_tokens: 1,
  completion_tokens: 1,
  total_tokens: 2,
  reasoning_tokens: 1,
  cost: 1,
  is_byok: true,
  cost_details: { upstream_inference_cost: 1 },
  prompt_tokens_details: { cached_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 1 },
};
const message = {
  role: 'assistant',
  content: [{ type: 'text', text: 'a' }],
  refusal: 'b',
  reasoning: 'c',
  tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f', arguments: '{}' } }],
  function_call: { name: 'g', arguments: '{}' },
  audio: { id: 'audio_1', data: 'AAAA', transcript: 'd' },
  images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
};
const completion = {
  id: 'gen-1',
  object: 'chat.completion',
  model: 'm',
  provider: 'p',
  choices: [{ index: 0, finish_reason: 'stop', message, delta: message, text: 'e', error: { code: 502 } }],
  usage,
  x_groq: { usage },
  error: { code: 'e' },
  service_tier: 'default',
  system_fingerprint: 'fp',
};
const response = {
  object: 'response',
  id: 'resp_1',
  model: 'm',
  status: 'completed',
  error: { code: 'e' },
  incomplete_details: { reason: 'r' },
  usage: { input_tokens: 1, output_tokens: 1, input_tokens_details: { cached_tokens: 1 } },
  output: [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'b' }], content: [{ text: 'c' }] },
    { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
    { type: 'image_generation_call', id: 'ig_1', result: 'AAAA', output_format: 'png' },
    { type: 'mcp_call', id: 'mcp_1', name: 'f', output: { a: ['data:,'] } },
  ],
};
const requests = [
  { model: 'm', messages: [message, { role: 'tool', tool_call_id: 'call_1', content: 'a', name: 'n' }] },
  { model: 'm', instructions: 'a', input: response.output, tools: [{ type: 'function', function: { name: 'f' } }] },
  { model: 'm', prompt: ['a'], functions: [{ name: 'f', description: 'd', parameters: {} }] },
];

/** The value with each of its fields, however deep, replaced by each wrong value in turn. */
function* broken(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const replaced = (by: unknown) => {
      const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
      (copy as Record<string, unknown>)[key] = by;
      return copy;
    };
    for (const wrong of WRONG) yield replaced(wrong);
    for (const inner of broken((value as Record<string, unknown>)[key])) yield replaced(inner);
  }
}

const read = (answer: unknown) => openAI.read(answer as object, WANTED);

function fold(first: object, ...chunks: unknown[]): unknown {
  const folding = openAI.startFold(first, WANTED);
  for (const chunk of [first, ...chunks]) folding?.add(chunk as object);
  return folding?.response();
}

describe('a wrong value in any place does not throw', () => {
  test.each([
    ['a chat completion', completion],
    ['a response', response],
    ['embeddings', { object: 'list', data: [{ embedding: [1] }], model: 'm', usage }],
  ])('of %s', (_what, answer) => {
    for (const each of broken(answer)) expect(() => read(each)).not.toThrow();
  });

  test('of a chunk', () => {
    for (const each of broken(completion)) {
      expect(() => fold({ ...completion }, each)).not.toThrow();
      expect(() => fold(each as object, completion)).not.toThrow();
    }
  });

  test('of an event', () => {
    const created = { type: 'response.created', response };
    const events = [
      { type: 'response.completed', response },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'a' },
      { type: 'response.output_item.added', output_index: 0, item: response.output[2] },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{' },
      { type: 'response.output_item.done', output_index: 0, item: response.output[4] },
      { type: 'error', code: 'c' },
    ];
    for (const event of events) {
      for (const each of broken(event)) expect(() => fold(created, each)).not.toThrow();
    }
  });

  test('of a request', () => {
    for (const request of requests) {
      for (const each of broken(request)) expect(() => openAIConversation(each as never)).not.toThrow();
    }
  });
});

test('a value that holds itself comes to an end', () => {
  const item: Record<string, unknown> = { type: 'mcp_call', id: 'mcp_1' };
  item['self'] = item;
  expect(() => JSON.stringify(read({ ...response, output: [item] }))).not.toThrow();
});

test.each<[string, object, object | undefined]>([
  ['cost that is no number', { cost: 'free' }, undefined],
  ['cost that is negative', { cost: -1 }, undefined],
  ['cost of nothing known', { cost: { upstream: 1 } }, undefined],
  ['cost in another currency', { cost: { total_cost: 2, currency: 'EUR' } }, { amount: 2, currency: 'EUR' }],
  [
    'cost beside details that are none',
    { cost: 0.5, is_byok: true, cost_details: null },
    { amount: 0.5, currency: 'USD' },
  ],
  ['ticks that are none', { cost_in_usd_ticks: 'many' }, undefined],
])('%s is read for what it is', (_what, told, cost) => {
  expect(read({ ...completion, usage: told })?.cost).toEqual(cost);
});

test.each<[string, object, object]>([
  [
    'reasoning within the output',
    { completion_tokens: 60, completion_tokens_details: { reasoning_tokens: 16 }, total_tokens: 70, prompt_tokens: 10 },
    { inputTokens: 10, outputTokens: 60, reasoningTokens: 16 },
  ],
  [
    'reasoning beside the output, as the total tells',
    { completion_tokens: 60, completion_tokens_details: { reasoning_tokens: 16 }, total_tokens: 86, prompt_tokens: 10 },
    { inputTokens: 10, outputTokens: 76, reasoningTokens: 16 },
  ],
  [
    'more reasoning than output, without a total',
    { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 98 } },
    { outputTokens: 107, reasoningTokens: 98 },
  ],
  [
    'more reasoning than output, which the total denies',
    { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 98 }, total_tokens: 19, prompt_tokens: 10 },
    { inputTokens: 10, outputTokens: 9 },
  ],
  [
    'reasoning of SGLang, within the output',
    { prompt_tokens: 10, completion_tokens: 60, total_tokens: 70, reasoning_tokens: 16, prompt_tokens_details: null },
    { inputTokens: 10, outputTokens: 60, reasoningTokens: 16 },
  ],
  [
    'reasoning of Perplexity, beside the output and the total',
    { prompt_tokens: 33, completion_tokens: 71, total_tokens: 104, citation_tokens: 20, reasoning_tokens: 739 },
    { inputTokens: 33, outputTokens: 810, reasoningTokens: 739 },
  ],
  [
    'a total that has more',
    { prompt_tokens: 9, completion_tokens: 6, total_tokens: 19 },
    { inputTokens: 9, outputTokens: 6 },
  ],
  ['reasoning without output', { completion_tokens_details: { reasoning_tokens: 3 } }, { reasoningTokens: 3 }],
  ['counts that are nested where numbers should be', { prompt_tokens: { text: 1 }, completion_tokens: [1] }, {}],
])('%s is counted for what it is', (_what, told, expected) => {
  expect(read({ ...completion, usage: told })?.usage).toEqual(expected);
});

test.each([undefined, { reasoning_tokens: 0 }])('thoughts of Gemini are in the total only (%j)', (details) => {
  const told = { prompt_tokens: 9, completion_tokens: 664, total_tokens: 1994, completion_tokens_details: details };
  const answer = { ...completion, model: 'gemini-2.5-pro', usage: told };
  expect(read(answer)?.usage).toEqual({ inputTokens: 9, outputTokens: 1985 });
  expect(fold(answer)).toMatchObject({ usage: { inputTokens: 9, outputTokens: 1985 } });
});

test.each<[string, object, string]>([
  [
    'a model of DeepSeek at another host',
    { model: 'deepseek-ai/DeepSeek-V3', usage: { prompt_cache_hit_tokens: 1 } },
    'openai',
  ],
  ['a model of DeepSeek by its own name', { model: 'deepseek-reasoner' }, 'deepseek'],
  ['a distilled model', { model: 'deepseek-r1-distill-llama-70b' }, 'openai'],
  ['Azure, where it filters the prompt alone', { model: 'gpt-4o', prompt_filter_results: [] }, 'azure.ai.openai'],
  ['a grok', { model: 'grok-4' }, 'x_ai'],
  ['an id that only looks like one of OpenRouter', { id: 'gen-1', model: 'm' }, 'openai'],
  ['content filters that are null', { model: 'm', content_filters: null }, 'openai'],
  ['Ollama', { model: 'llama3.2', system_fingerprint: 'fp_ollama' }, 'ollama'],
])('%s is of its provider', (_what, told, provider) => {
  expect(read({ object: 'chat.completion', choices: [], ...told })?.provider).toBe(provider);
});

test('an answer in camel case is of another client', () => {
  const answer = { ...completion, choices: [{ index: 0, finishReason: 'stop', message }] };
  expect(read(answer)).toBeUndefined();
  expect(openAI.startFold(answer, WANTED)).toBeUndefined();
});
