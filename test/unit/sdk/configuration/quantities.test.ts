import { expect, it } from '@jest/globals';
import { parseDuration, parseSize } from '../../../../lib/sdk/configuration/quantities.js';

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

it.each([
  ['100MB', 100_000_000],
  ['1GiB', 1_073_741_824],
  ['512 kB', 512_000],
  ['0b', 0],
  ['100', undefined],
  ['100M', undefined],
  ['-1MB', undefined],
  ['1 constructor', undefined],
])('reads the size %j as %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
