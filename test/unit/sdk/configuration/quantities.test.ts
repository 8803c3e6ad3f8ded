import { expect, it } from '@jest/globals';
import { parseDuration } from '../../../../lib/sdk/sampling/keep-rules.js';

it.each([
  ['500ms', 500],
  ['5s', 5000],
  ['1.5m', 90_000],
  ['24h', 86_400_000],
  ['2D', 172_800_000],
  [' 5 s ', 5000],
  ['5', undefined],
  ['-5s', undefined],
  ['5 weeks', undefined],
  ['s', undefined],
  ['', undefined],
])('reads the duration %j as %s ms', (text, millis) => {
  expect(parseDuration(text)).toBe(millis);
});
