import { expect, test } from '@jest/globals';
import { growth, LINEAR } from '../support/growth.js';

/* What other tests compare costs with. */

test('work in proportion to its size grows as linear work does', () => {
  const sum = (size: number) => {
    let total = 0;
    for (let at = 0; at < size; at++) total += at % 7;
    return total;
  };
  expect(growth(sum, 10_000)).toBeLessThan(LINEAR);
});

test('work in proportion to the square of its size is noticed', () => {
  const pairs = (size: number) => {
    let count = 0;
    for (let one = 0; one < size; one++) for (let other = 0; other < size; other++) if (one > other) count++;
    return count;
  };
  expect(growth(pairs, 1000)).toBeGreaterThan(LINEAR);
});
