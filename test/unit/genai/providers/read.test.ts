import { describe, expect, test } from '@jest/globals';
import { readResponse, StreamedResponse } from '../../../../lib/genai/providers/registry.js';

const WANTED = { detail: true, content: false };
const piece = {
  object: 'chat.completion.chunk',
  id: 'c-1',
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop' }],
};
const streamed = (...chunks: unknown[]) => {
  const stream = new StreamedResponse(WANTED);
  for (const chunk of chunks) stream.add(chunk);
  return stream.value();
};

test.each([[undefined], [null], ['text'], [7], [{}], [[]], [{ answer: 42 }], [new Date(0)], [new Map()]])(
  'nothing is made of %p, which no family answers with',
  (answer) => {
    expect(readResponse(answer, WANTED)).toBeUndefined();
    expect(streamed(answer, answer)).toBeUndefined();
  },
);

describe('a stream', () => {
  test('may begin with chunks that tell nothing yet', () => {
    const pings = Array.from({ length: 20 }, () => ({ type: 'ping' }));
    expect(streamed('text', ...pings, piece)).toMatchObject({ id: 'c-1', finishReasons: ['stop'] });
  });

  test('that goes on to tell nothing is not looked at for ever', () => {
    let asked = 0;
    const silent = Array.from({ length: 1000 }, () => ({
      get choices() {
        asked += 1;
        return undefined;
      },
    }));
    expect(streamed(...silent, piece)).toBeUndefined();
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(1000);
  });
});
