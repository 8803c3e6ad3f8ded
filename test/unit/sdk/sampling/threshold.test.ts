import { describe, expect, test } from '@jest/globals';
import { createTraceState } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import {
  passes,
  probabilityOf,
  randomnessOf,
  thresholdIn,
  thresholdOf,
  withThreshold,
} from '../../../../lib/sdk/sampling/threshold.js';

// From the table of the specification, at its recommended precision of 4.
const SPECIFIED: [oneIn: number, threshold: string, adjustedCount: number][] = [
  [1, '0', 1],
  [2, '8', 2],
  [3, 'aaab', 3.00004577706569],
  [4, 'c', 4],
  [5, 'cccd', 5.0000762951094835],
  [10, 'e666', 9.99938968568813],
  [16, 'f', 16],
  [100, 'fd70a', 99.99771123402633],
  [1000, 'ffbe77', 1000.012874769029],
  [10_000, 'fff9724', 9999.830725674266],
  [100_000, 'ffff583a', 99999.23855646],
  [1_000_000, 'ffffef39', 999992.38556461],
];

describe('a threshold', () => {
  test.each(SPECIFIED)('of 1 in %d is %s, which stands for %d', (oneIn, threshold, adjustedCount) => {
    expect(thresholdOf(1 / oneIn)).toBe(threshold);
    expect(1 / probabilityOf(threshold)).toBeCloseTo(adjustedCount, 5);
  });

  test('exists for every probability above 0, and stands for one', () => {
    for (const probability of [0.999_999, 1e-9, 1e-14, 1e-17, 5e-324]) {
      const threshold = thresholdOf(probability);
      expect(threshold).toMatch(/^[0-9a-f]{1,14}$/);
      expect(probabilityOf(threshold)).toBeGreaterThan(0);
    }
    expect(probabilityOf('ffffffffffffff')).toBeGreaterThan(0);
    expect(thresholdOf(7)).toBe('0');
  });

  test.each([
    ['00000000000000', '0', true],
    ['e6660000000000', 'e666', true],
    ['e665ffffffffff', 'e666', false],
    ['ffffffffffffff', 'ffff583a', true],
    ['0fffffffffffff', '8', false],
    ['fd70a3d70a3d71', 'fd70a3d70a3d71', true],
  ])('%s at %s passes: %s', (randomness, threshold, passed) => {
    expect(passes(randomness, threshold)).toBe(passed);
  });
});

describe('tracestate', () => {
  const TRACE_ID = '0123456789abcdef0123456789abcdef';

  test.each([
    ['', undefined, '23456789abcdef'],
    ['ot=th:e666', 'e666', '23456789abcdef'],
    ['a=b,ot=rv:6e6d1a75832a2f;th:0,c=d', '0', '6e6d1a75832a2f'],
    ['ot=p:8;th:c', 'c', '23456789abcdef'],
    ['ot=th:', undefined, '23456789abcdef'],
    ['ot=th:E666', undefined, '23456789abcdef'],
    ['ot=th:123456789012345', undefined, '23456789abcdef'],
    ['ot=rv:12;xth:c', undefined, '23456789abcdef'],
    ['other=th:c', undefined, '23456789abcdef'],
  ])('%s tells the threshold %s and the randomness %s', (state, threshold, randomness) => {
    expect(thresholdIn(createTraceState(state))).toBe(threshold);
    expect(randomnessOf(TRACE_ID, createTraceState(state))).toBe(randomness);
  });

  test.each([
    ['', 'e666', 'ot=th:e666'],
    ['', undefined, ''],
    ['a=b,c=d', '0', 'ot=th:0,a=b,c=d'],
    ['a=b,ot=th:8;rv:6e6d1a75832a2f,c=d', 'c', 'ot=th:c;rv:6e6d1a75832a2f,a=b,c=d'],
    ['a=b,ot=th:8;rv:6e6d1a75832a2f,c=d', undefined, 'ot=rv:6e6d1a75832a2f,a=b,c=d'],
    ['a=b,ot=th:8', undefined, 'a=b'],
    ['ot=th:nonsense', undefined, ''],
    [`ot=th:8;x:${'y'.repeat(248)}`, 'fd70a', `ot=x:${'y'.repeat(248)}`],
  ])('%s with the threshold %s is %s', (state, threshold, expected) => {
    for (const made of [createTraceState(state), new TraceState(state)]) {
      expect(withThreshold(made, threshold)?.serialize()).toBe(expected);
      expect(made.serialize()).toBe(state);
    }
  });

  test('that is full keeps no threshold of another decision', () => {
    const full = createTraceState(`a=${'v'.repeat(240)},b=${'v'.repeat(240)},c=123456789,ot=th:8;a:b`);
    expect(full.serialize()).toHaveLength(509);
    expect(thresholdIn(withThreshold(full, 'ffff583a12345'))).toBeUndefined();
  });

  test('stays the same object where there is nothing to take out', () => {
    const state = createTraceState('a=b,ot=rv:6e6d1a75832a2f');
    expect(withThreshold(state, undefined)).toBe(state);
    expect(withThreshold(undefined, undefined)).toBeUndefined();
  });
});
