import { describe, expect, test } from '@jest/globals';
import { LlmCall, Traced, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

describe('what a call within a call was given does not come out by the error of the outer', () => {
  const PROMPT = 'Tell me about my divorce from Alice';
  const fails = async (prompt: string): Promise<never> => {
    throw new Error(`rejected: ${prompt}`);
  };
  const throwsText = async (prompt: string): Promise<never> => {
    throw `rejected: ${prompt}`;
  };
  const askedFor = (ask: (prompt: string) => Promise<never>) => async (_id: string) => ask(PROMPT);
  const wrapping = (ask: (prompt: string) => Promise<never>) => async (_id: string) => {
    try {
      await ask(PROMPT);
    } catch (error) {
      throw new Error(`no answer (${error})`);
    }
  };

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['a part of the same call', LlmCall()(askedFor(LlmCall()(fails)))],
    ['a text that is thrown', LlmCall()(askedFor(LlmCall()(throwsText)))],
    ['an error of another call, in other words', Workflow('w')(wrapping(LlmCall()(fails)))],
    ['two calls up', Workflow('w')(wrapping(Traced()(askedFor(LlmCall()(fails))) as typeof fails))],
    ['a call that is not logged', Traced()(askedFor(Traced({ log: 'none' })(fails)))],
  ])('%s', async (_what, method) => {
    await expect(method('a-1')).rejects.toBeDefined();
    const told = [telemetry.spans.map(({ error, events }) => [error, events]), telemetry.logs];
    expect(JSON.stringify(told)).toContain('rejected: [content]');
    expect(JSON.stringify(told)).not.toContain('divorce');
  });

  test('nor where it is not sampled', async () => {
    await telemetry.restart({ sampler: { shouldSample: () => ({ decision: 0 }) } });
    await expect(LlmCall()(askedFor(Traced({ log: 'none' })(fails)))('a-1')).rejects.toThrow(PROMPT);
    expect(telemetry.logs.map(({ attributes }) => attributes['exception.message'])).toEqual(['rejected: [content]']);
  });
});
