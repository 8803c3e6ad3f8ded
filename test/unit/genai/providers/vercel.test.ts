import { describe, expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { readResponse, StreamedResponse } from '../../../../lib/genai/providers/registry.js';

/*
 * Answers of earlier versions of the AI SDK, and of providers made for them; the present one runs in `test/clients`. Shapes:
 * `@ai-sdk/anthropic`, `@ai-sdk/amazon-bedrock`, `@ai-sdk/google` and `@ai-sdk/xai` for version 5 of `ai`.
 */

const WANTED = { detail: false, content: false };

interface Step {
  readonly usage: object;
  readonly providerMetadata?: object;
}

function fold(parts: readonly object[]): ModelResponse | undefined {
  const streamed = new StreamedResponse(WANTED);
  for (const part of parts) streamed.add(part);
  return streamed.value();
}

const anthropic = (input: number, cacheRead: number, cacheWrite: number, output: number): Step => ({
  usage: {
    ...{ inputTokens: input, outputTokens: output, totalTokens: input + output },
    cachedInputTokens: cacheRead,
  },
  providerMetadata: {
    anthropic: {
      usage: {
        ...{ input_tokens: input, output_tokens: output },
        ...{ cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite },
      },
      cacheCreationInputTokens: cacheWrite,
    },
  },
});

describe('tokens', () => {
  test.each<[string, Step[], object, object]>([
    [
      "Anthropic's input leaves out what was cached",
      [anthropic(12, 6209, 0, 100)],
      { inputTokens: 12, outputTokens: 100, totalTokens: 112, cachedInputTokens: 6209 },
      { inputTokens: 6221, outputTokens: 100, cacheReadTokens: 6209, cacheWriteTokens: 0 },
    ],
    [
      'in each of several steps',
      [anthropic(337, 0, 46_209, 342), anthropic(20, 46_209, 500, 10)],
      { inputTokens: 357, outputTokens: 352, totalTokens: 709, cachedInputTokens: 46_209 },
      { inputTokens: 93_275, outputTokens: 352, cacheReadTokens: 46_209, cacheWriteTokens: 46_709 },
    ],
    [
      "Bedrock's does too, but its total has it",
      [
        {
          usage: { inputTokens: 10, outputTokens: 5, totalTokens: 7900, cachedInputTokens: 7854 },
          providerMetadata: { bedrock: { usage: { cacheWriteInputTokens: 31 } } },
        },
      ],
      { inputTokens: 10, outputTokens: 5, totalTokens: 7900, cachedInputTokens: 7854 },
      { inputTokens: 7895, outputTokens: 5, cacheReadTokens: 7854, cacheWriteTokens: 31 },
    ],
    [
      "xAI's output leaves out what was thought, and its total has it",
      [
        {
          usage: {
            ...{ inputTokens: 555, outputTokens: 190, totalTokens: 1802 },
            ...{ reasoningTokens: 1057, cachedInputTokens: 316 },
          },
        },
      ],
      { inputTokens: 555, outputTokens: 190, totalTokens: 1802, reasoningTokens: 1057, cachedInputTokens: 316 },
      { inputTokens: 555, outputTokens: 1247, cacheReadTokens: 316, reasoningTokens: 1057 },
    ],
    [
      'the present version has all of it in place',
      [
        {
          ...anthropic(12, 6209, 0, 100),
          usage: {
            ...{
              inputTokens: 6221,
              inputTokenDetails: { noCacheTokens: 12, cacheReadTokens: 6209, cacheWriteTokens: 0 },
            },
            ...{ outputTokens: 100, outputTokenDetails: {}, totalTokens: 6321 },
          },
        },
      ],
      { inputTokens: 6221, inputTokenDetails: { cacheReadTokens: 6209, cacheWriteTokens: 0 }, outputTokens: 100 },
      { inputTokens: 6221, outputTokens: 100, cacheReadTokens: 6209, cacheWriteTokens: 0 },
    ],
  ])('%s', (_what, steps, totalUsage, expected) => {
    const ended = steps.map((step) => ({ ...step, finishReason: 'stop', content: [] }));
    expect(readResponse({ steps: ended, totalUsage }, WANTED)?.usage).toEqual(expected);
    const parts = [
      { type: 'start' },
      ...steps.map((step) => ({ type: 'finish-step', finishReason: 'stop', ...step })),
      { type: 'finish', finishReason: 'stop', totalUsage },
    ];
    expect(fold(parts)?.usage).toEqual(expected);
  });
});
