import { describe, expect, test } from '@jest/globals';
import { type Attributes } from '@opentelemetry/api';
import { asked, chat, layer, OPERATION, tool, usage } from '../../../support/layers.js';
import { measuredUsage } from '../../../support/model-usage.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();

describe('what absorbed spans tell of answer and usage', () => {
  test.each<[string, Attributes, Attributes]>([
    ['by the names of today', usage(3, 4), usage(3, 4)],
    ['by the first names', { 'gen_ai.usage.prompt_tokens': 3, 'gen_ai.usage.completion_tokens': 4 }, usage(3, 4)],
    [
      'with parts',
      {
        ...usage(3, 4),
        'gen_ai.usage.cache_read.input_tokens': 1,
        'gen_ai.usage.cache_write.input_tokens': 2,
        'gen_ai.usage.reasoning.output_tokens': 3,
      },
      {
        ...usage(3, 4),
        'gen_ai.usage.cache_read.input_tokens': 1,
        'gen_ai.usage.cache_creation.input_tokens': 2,
        'gen_ai.usage.reasoning.output_tokens': 3,
      },
    ],
    [
      'of the answer',
      {
        'gen_ai.response.id': 'id',
        'gen_ai.response.model': 'gpt-4o-2024',
        'gen_ai.response.finish_reasons': ['stop'],
      },
      {
        'gen_ai.response.id': 'id',
        'gen_ai.response.model': 'gpt-4o-2024',
        'gen_ai.response.finish_reasons': ['stop'],
      },
    ],
  ])('%s is recorded by the call', (_how, told, recorded) => {
    const content = { 'foreign.note': 'x', 'gen_ai.response.text': 'what the model said' };
    asked(() => layer('foreign', { [OPERATION]: 'chat' }, undefined, { ...told, ...content }));
    expect(telemetry.span.attributes).toMatchObject(recorded);
    for (const name in content) expect(telemetry.span.attributes).not.toHaveProperty([name]);
  });

  test.each([Number.NaN, -1, 1.5, '7', Number.POSITIVE_INFINITY])('%p is no count', async (count) => {
    const told = { 'gen_ai.usage.input_tokens': count, 'ai.usage.tokens': count };
    asked(() => layer('foreign', { [OPERATION]: 'chat' }, undefined, told));
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([]);
  });

  test('loses to the answer itself', () => {
    asked(() => {
      chat(5, 5);
      return {
        object: 'chat.completion',
        model: 'gpt',
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      };
    });
    expect(telemetry.span.attributes).toMatchObject(usage(3, 4));
  });

  const agent = (inside: () => unknown): void =>
    layer('foreign agent', { [OPERATION]: 'invoke_agent' }, inside, usage(11, 22));
  test.each<[string, () => unknown, Attributes]>([
    ['adds up over steps', () => [chat(1, 2), chat(10, 20)], usage(11, 22)],
    ['is not counted again in a total', () => agent(() => [chat(1, 2), chat(10, 20)]), usage(11, 22)],
    ['is the total where no step tells', () => agent(() => {}), usage(11, 22)],
    ['is counted once over nested layers', () => chat(1, 2, () => chat(1, 2)), usage(1, 2)],
    ['is not that of a tool', () => agent(() => [chat(1, 2), tool(() => chat(100, 100))]), usage(1, 2)],
  ])('%s', async (_how, work, counts) => {
    asked(work);
    expect(telemetry.spans.at(-1)?.attributes).toMatchObject(counts);
    expect(await measuredUsage(telemetry)).toEqual({
      calls: 1,
      input: counts['gen_ai.usage.input_tokens'],
      output: counts['gen_ai.usage.output_tokens'],
    });
  });

  test('is measured of a call that is not sampled', async () => {
    await telemetry.restart({ sampler: { shouldSample: () => ({ decision: 0 }) } });
    asked(() => chat(3, 4));
    expect(telemetry.spans).toEqual([]);
    expect(await measuredUsage(telemetry)).toEqual({ calls: 1, input: 3, output: 4 });
  });
});
