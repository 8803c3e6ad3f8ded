import { describe, expect, it } from '@jest/globals';
import { nextPause } from '../../../lib/sdk/delivery/pause.js';

describe('the pause before the next attempt', () => {
  it.each([
    ['starts as configured', { failures: 0 }, 1000],
    ['grows', { failures: 1 }, 1500],
    ['grows again', { failures: 2 }, 2250],
    ['grows no further than ten seconds', { failures: 50 }, 10_000],
    ['differs, downwards', { failures: 0, random: 0 }, 800],
    ['differs, upwards', { failures: 0, random: 1 }, 1200],
    ['is what the destination asks for', { failures: 7, asked: 30_000, random: 0 }, 30_000],
    ['is never shorter than that', { failures: 0, asked: 30_000, random: 1 }, 33_000],
    ['is none of no time at all', { failures: 0, asked: 0, random: 0 }, 1000],
    ['is an hour at most', { failures: 0, asked: 1e12, random: 0 }, 3_600_000],
  ] as const)('%s', (_what, { failures, ...rest }, millis) => {
    const { asked, random = 0.5 } = rest as { asked?: number; random?: number };
    expect(nextPause(1000, failures, asked, random)).toBeCloseTo(millis);
  });
});
