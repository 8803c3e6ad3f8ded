import { describe, expect, test } from '@jest/globals';
import type { ModelResponse } from '../../../../lib/genai/answer.js';
import { anthropic } from '../../../../lib/genai/providers/anthropic/anthropic.js';

/* What its client does not show in the tests beside the client: counts of betas. Shapes: the API reference of Anthropic. */

const wanted = { detail: true, content: false };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [] };

const fold = (...events: object[]): ModelResponse | undefined => {
  const started = anthropic.startFold(events[0] as object, wanted);
  for (const event of events) started?.add(event);
  return started?.response();
};

describe('tokens', () => {
  const compaction = {
    type: 'compaction',
    ...{ input_tokens: 100, output_tokens: 30, cache_read_input_tokens: 2000, cache_creation_input_tokens: 400 },
  };
  test.each<[string, object, object]>([
    [
      'of a compaction are beside the rest, what it cached too',
      {
        ...{ input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 50, cache_creation_input_tokens: 7 },
        iterations: [compaction, { type: 'message', input_tokens: 10, output_tokens: 5 }],
      },
      { inputTokens: 2567, outputTokens: 35, cacheReadTokens: 2050, cacheWriteTokens: 407 },
    ],
    [
      'of a compaction that alone used the cache',
      { input_tokens: 10, output_tokens: 5, iterations: [compaction] },
      { inputTokens: 2510, outputTokens: 35, cacheReadTokens: 2000, cacheWriteTokens: 400 },
    ],
    [
      'that were written to the cache, told by how long they are kept',
      {
        ...{ input_tokens: 10, output_tokens: 5 },
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 300 },
      },
      { inputTokens: 330, outputTokens: 5, cacheWriteTokens: 320, cacheWriteHourTokens: 300 },
    ],
  ])('%s', (_what, usage, expected) => {
    const answer = { ...message, stop_reason: 'end_turn', usage };
    expect(anthropic.read(answer, wanted)?.usage).toEqual(expected);
    const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage };
    const begun = { ...message, stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } };
    expect(fold({ type: 'message_start', message: begun }, ended)?.usage).toEqual(expected);
  });
});
