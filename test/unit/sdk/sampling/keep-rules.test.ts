import { describe, expect, test } from '@jest/globals';
import { keepsAny, parseKeep, TraceSummary } from '../../../../lib/sdk/sampling/keep-rules.js';
import { finished } from '../../../support/sdk-span.js';

describe('parseKeep', () => {
  test.each([
    ['errors', true, undefined, undefined],
    ['none', false, undefined, undefined],
    ['', false, undefined, undefined],
    ['errors,slower-than=5s,costlier-than=0.10', true, 5000, 0.1],
    [' Errors , SLOWER-THAN = 250ms ,', true, 250, undefined],
    ['costlier-than=.5', false, undefined, 0.5],
    ['slower-than=2m,slower-than=1m', false, 60_000, undefined],
    ['slower-than=0s', false, 0, undefined],
  ])('%j', (text, errors, slowerThan, costlierThan) => {
    expect(parseKeep(text)).toEqual({ rules: { errors, slowerThan, costlierThan }, unknown: [] });
    expect(keepsAny(parseKeep(text).rules)).toBe(!['none', ''].includes(text));
  });

  test.each([
    ['errors,slower-than=5', ['slower-than=5'], true],
    ['errors,slower-than,costlier-than=cheap', ['slower-than', 'costlier-than=cheap'], true],
    ['costlier-than=-1', ['costlier-than=-1'], false],
    ['costlier-than=1e999', ['costlier-than=1e999'], false],
    ['slower-than=5s=6s', ['slower-than=5s=6s'], false],
    ['errors=yes', ['errors=yes'], false],
    ['none,errors', ['none'], true],
    ['everything,errors', ['everything'], true],
    ['constructor=5s', ['constructor=5s'], false],
  ])('%j is not understood in %j', (text, unknown, errors) => {
    expect(parseKeep(text)).toEqual({
      rules: { errors, slowerThan: undefined, costlierThan: undefined },
      unknown,
    });
  });

  test('what is wrong takes nothing back', () => {
    expect(parseKeep('slower-than=5s,slower-than=soon').rules.slowerThan).toBe(5000);
    expect(parseKeep('costlier-than=1,costlier-than=x').rules.costlierThan).toBe(1);
  });
});

describe('a trace is', () => {
  const RULES = { errors: true, slowerThan: 100, costlierThan: 1 };
  const paid = (amount: number, operation?: string) =>
    finished({
      attributes: { 'annotel.cost.amount': amount, ...(operation && { 'gen_ai.operation.name': operation }) },
    });
  const root = finished({ took: 50 });

  test.each([
    ['ordinary', [root, finished({ took: 500 })], undefined],
    ['an error where any span failed', [root, finished({ error: 'no' })], 'error'],
    ['slow where its root took longer', [finished({ took: 100.1 })], 'slow'],
    ['ordinary where its root took as long', [finished({ took: 100 })], undefined],
    ['expensive where its calls cost more in all', [root, paid(0.6, 'chat'), paid(0.6, 'embeddings')], 'expensive'],
    ['expensive where a call of no operation did', [root, paid(2)], 'expensive'],
    [
      'ordinary where an agent and a workflow tell the sum of what they call again',
      [root, paid(0.4, 'chat'), paid(0.4, 'chat'), paid(0.8, 'invoke_agent'), paid(0.8, 'invoke_workflow')],
      undefined,
    ],
    ['expensive where only an agent tells what it cost', [root, paid(1.5, 'invoke_agent')], 'expensive'],
    ['ordinary where costs are no amounts', [root, paid(Number.NaN, 'chat'), paid(-5, 'chat')], undefined],
    ['an error first, slow next', [finished({ took: 500, error: '' }), paid(2)], 'error'],
  ] as const)('%s', (_, spans, kept) => {
    const summary = new TraceSummary();
    spans.forEach((span, index) => {
      summary.add(span, index === 0);
    });
    expect(summary.meets(RULES)).toBe(kept);
    expect(summary.meets({ errors: false, slowerThan: undefined, costlierThan: undefined })).toBeUndefined();
  });

  test('slow already while its root still runs', () => {
    expect(new TraceSummary().meets(RULES, 101)).toBe('slow');
    expect(new TraceSummary().meets(RULES, 99)).toBeUndefined();
  });
});
