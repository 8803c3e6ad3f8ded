import { describe, expect, test } from '@jest/globals';
import { LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
/** One token a word. */
const countTokens = (text: string) => text.split(/\s+/).filter(Boolean).length;

const request = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why is the sky blue?' },
  ],
};
const chunk = (choices: object[], more = {}) => ({
  object: 'chat.completion.chunk',
  id: 'c',
  model: 'gpt-4o',
  choices,
  ...more,
});
const pieces = [
  chunk([{ index: 0, delta: { content: 'Light scatters ' }, finish_reason: null }]),
  chunk([{ index: 0, delta: { content: 'in air.' }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
];
const usage = { prompt_tokens: 70, completion_tokens: 80 };

class Model {
  @LlmCall({ provider: 'openai' })
  async *stream(_request: object, ...more: object[]) {
    yield* [...pieces, ...more];
  }
  @LlmCall({ provider: 'openai', model: 'gpt-4o' })
  async text(_question: string): Promise<string> {
    return 'Light scatters in air.';
  }
}
const read = async (...more: object[]) => {
  for await (const _piece of new Model().stream(request, ...more));
};

test('a stream that tells no usage has none: nothing is made up', async () => {
  await read();
  expect(Object.keys(telemetry.span.attributes).filter((name) => /usage|cost/.test(name))).toEqual([]);
  expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
});

describe('with a counter', () => {
  test('it is estimated, marked as such, counted and priced, and the text is not recorded', async () => {
    await telemetry.restart({ settings: { countTokens } });
    await read();
    expect(telemetry.span.attributes).toMatchObject({
      'annotel.usage.estimated': true,
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 4,
    });
    expect(telemetry.span.attributes['annotel.cost.amount']).toBeCloseTo((7 * 2.5 + 4 * 10) / 1e6, 12);
    expect(await telemetry.points('gen_ai.client.token.usage')).toMatchObject([{ sum: 7 }, { sum: 4 }]);
    expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/scatters|sky/);
  });

  test('a text that the method made of the answer is counted, and the question', async () => {
    await telemetry.restart({ settings: { countTokens } });
    await new Model().text('Why is the sky blue?');
    expect(telemetry.span.attributes).toMatchObject({
      'annotel.usage.estimated': true,
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 4,
    });
  });

  test('what the answer tells counts', async () => {
    await telemetry.restart({ settings: { countTokens } });
    await read(chunk([], { usage }));
    expect(telemetry.span.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 70,
      'gen_ai.usage.output_tokens': 80,
    });
    expect(telemetry.span.attributes).not.toHaveProperty(['annotel.usage.estimated']);
  });

  test('one that throws, or counts nonsense, costs only the estimate', async () => {
    for (const broken of [() => Number.NaN, () => -1, () => 'many' as never, () => JSON.parse('{')]) {
      await telemetry.restart({ rethrowFaults: false, settings: { countTokens: broken } });
      await expect(new Model().text('Why?')).resolves.toBe('Light scatters in air.');
      expect(Object.keys(telemetry.span.attributes).filter((name) => name.includes('usage'))).toEqual([]);
    }
  });
});
