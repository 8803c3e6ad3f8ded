import { describe, expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { readResponse, StreamedResponse } from '../../../../lib/genai/providers/registry.js';

/*
 * What the packages of LangChain for other providers tell, by their `response_metadata` and `usage_metadata`; those of OpenAI
 * run against the real package in `test/clients`.
 */

const WANTED = { detail: true, content: false };
const message = (fields: object) => ({
  lc_namespace: ['langchain_core', 'messages'],
  type: 'ai',
  content: '',
  ...fields,
});
const told = (response_metadata: object, fields: object = {}) => message({ response_metadata, ...fields });

function fold(chunks: readonly object[], content = false): ModelResponse | undefined {
  const streamed = new StreamedResponse({ detail: true, content });
  for (const chunk of chunks) streamed.add(chunk);
  return streamed.value();
}

describe('answers', () => {
  test.each<[what: string, answer: object, expected: object]>([
    [
      'Anthropic: input includes what was cached',
      told(
        { model_provider: 'anthropic', model: 'claude-x', stop_reason: 'end_turn', id: 'msg_1' },
        {
          id: 'msg_1',
          usage_metadata: {
            input_tokens: 30,
            output_tokens: 5,
            input_token_details: { cache_read: 20, cache_creation: 4 },
          },
        },
      ),
      {
        provider: 'anthropic',
        id: 'msg_1',
        model: 'claude-x',
        finishReasons: ['end_turn'],
        usage: { inputTokens: 30, outputTokens: 5, cacheReadTokens: 20, cacheWriteTokens: 4 },
      },
    ],
    [
      'Google',
      told({ model_provider: 'google-genai', finishReason: 'STOP' }),
      { provider: 'gcp.gemini', finishReasons: ['STOP'] },
    ],
    [
      'Bedrock',
      told({ model_provider: 'bedrock', stopReason: 'end_turn' }),
      { provider: 'aws.bedrock', finishReasons: ['end_turn'] },
    ],
    ['Mistral', told({ model_provider: 'mistralai', model: 'm' }), { provider: 'mistral_ai', model: 'm' }],
    ['Ollama', told({ model: 'llama3', done_reason: 'stop' }), { model: 'llama3', finishReasons: ['stop'] }],
    ['xAI', told({ model_provider: 'xai' }), { provider: 'x_ai' }],
    ['a provider that has no other name', told({ model_provider: 'groq' }), { provider: 'groq' }],
    ['an id that LangChain made up', told({}, { id: 'run-0192' }), { id: undefined }],
    [
      'a status of the responses API',
      told({ status: 'completed' }, { tool_calls: [{}] }),
      { finishReasons: ['tool_calls'] },
    ],
    ['a failed one', told({ status: 'failed' }), { finishReasons: ['error'] }],
    ['structured output with its message', { raw: told({ model_name: 'm' }), parsed: {} }, { model: 'm' }],
    [
      'Google by way of Vertex AI: thoughts are beside the output, as the total tells',
      told(
        { model_provider: 'google-vertexai' },
        {
          usage_metadata: {
            ...{ input_tokens: 80657, output_tokens: 766, total_tokens: 83265 },
            output_token_details: { reasoning: 1842 },
          },
        },
      ),
      { usage: { inputTokens: 80657, outputTokens: 2608, reasoningTokens: 1842 } },
    ],
    [
      'Google, where thoughts are in the total only',
      told(
        { model_provider: 'google-genai' },
        { usage_metadata: { input_tokens: 41, output_tokens: 5, total_tokens: 389 } },
      ),
      { usage: { inputTokens: 41, outputTokens: 348 } },
    ],
    [
      'Bedrock, where what was cached is beside the input, as the total tells',
      told(
        { model_provider: 'bedrock-converse' },
        {
          usage_metadata: {
            ...{ input_tokens: 12, output_tokens: 5, total_tokens: 6226 },
            input_token_details: { cache_read: 6200, cache_creation: 9 },
          },
        },
      ),
      { usage: { inputTokens: 6221, outputTokens: 5, cacheReadTokens: 6200, cacheWriteTokens: 9 } },
    ],
    [
      'a total that cannot be explained',
      told({ model_provider: 'x' }, { usage_metadata: { input_tokens: 4, output_tokens: 5, total_tokens: 20 } }),
      { usage: { inputTokens: 4, outputTokens: 5 } },
    ],
    ['counts that are none', told({}, { usage_metadata: { input_tokens: -1, output_tokens: 'x' } }), { usage: {} }],
  ])('%s', (_what, answer, expected) => {
    expect(readResponse(answer, WANTED)).toMatchObject(expected);
  });

  test.each<[what: string, answer: object]>([
    ['a human message', { ...message({}), type: 'human' }],
    ['a like object of others', { type: 'ai', content: 'a', usage_metadata: {} }],
    ['generations of others', { generations: [{ id: '1', text: 'a' }] }],
    ['no generations', { generations: [] }],
  ])('%s is none', (_what, answer) => {
    expect(readResponse(answer, WANTED)).toBeUndefined();
  });
});

describe('results', () => {
  const choice = (finish_reason: string, input_tokens: number) => ({
    text: 'a',
    message: told({ finish_reason }, { usage_metadata: { input_tokens, output_tokens: 1 } }),
  });

  test('choices share their usage, prompts do not', () => {
    const generations = [[choice('stop', 5), choice('length', 5)], [choice('stop', 7)]];
    expect(readResponse({ generations }, WANTED)).toMatchObject({
      finishReasons: ['stop', 'length', 'stop'],
      usage: { inputTokens: 12, outputTokens: 2 },
    });
  });

  test('of a model that completes text', () => {
    const generations = [[{ text: 'a', generationInfo: { finishReason: 'stop' } }]];
    const llmOutput = {
      tokenUsage: { promptTokens: 3, completionTokens: 4 },
      estimatedTokenUsage: { promptTokens: 9 },
    };
    expect(readResponse({ generations, llmOutput }, { detail: true, content: true })).toMatchObject({
      finishReasons: ['stop'],
      usage: { inputTokens: 3, outputTokens: 4 },
      output: [{ role: 'assistant', parts: [{ type: 'text', content: 'a' }], finish_reason: 'stop' }],
    });
  });

  test('an estimate is no usage', () => {
    const llmOutput = { estimatedTokenUsage: { promptTokens: 9 } };
    expect(readResponse({ generations: [[{ text: 'a' }]], llmOutput }, WANTED)?.usage).toBeUndefined();
  });
});

describe('streams', () => {
  const usage = (input_tokens: number, output_tokens: number) => ({ usage_metadata: { input_tokens, output_tokens } });

  test('usage adds up: Anthropic tells the input first and the output last', () => {
    const chunks = [
      told({ model_provider: 'anthropic' }, { id: 'msg_1', ...usage(30, 1) }),
      told({ model_provider: 'anthropic' }, { content: 'Hi' }),
      told({ model_provider: 'anthropic' }, { additional_kwargs: { stop_reason: 'end_turn' }, ...usage(0, 4) }),
    ];
    expect(fold(chunks)).toMatchObject({
      id: 'msg_1',
      finishReasons: ['end_turn'],
      usage: { inputTokens: 30, outputTokens: 5 },
    });
  });

  test('a tool call counts until the status comes', () => {
    const chunks = [message({ tool_call_chunks: [{ name: 'f', index: 0 }] }), told({ status: 'completed' })];
    expect(fold(chunks)?.finishReasons).toEqual(['tool_calls']);
  });

  test('one that was cut off', () => {
    expect(fold([told({ model_provider: 'openai' })])?.finishReasons).toEqual(['error']);
  });

  test('of a provider that tells nothing of itself, not even why it finished', () => {
    expect(fold([message({ content: 'a' })])?.finishReasons).toEqual([]);
  });

  test('what is said, in the order of its parts', () => {
    const chunks = [
      message({ content: [{ type: 'reasoning', reasoning: 'Hm' }] }),
      message({ content: [{ type: 'reasoning', reasoning: '.' }] }),
      message({ content: 'Hel' }),
      message({ content: 'lo' }),
      message({ tool_call_chunks: [{ name: 'f', id: '1', index: 0, args: '{"x"' }] }),
      message({ tool_call_chunks: [{ index: 0, args: ':1}' }] }),
    ];
    expect(fold(chunks, true)?.output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'text', content: 'Hello' },
          { type: 'tool_call', name: 'f', id: '1', arguments: { x: 1 } },
        ],
      },
    ]);
    expect(fold(chunks)?.output).toBeUndefined();
  });
});
