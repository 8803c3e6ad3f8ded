const LONGEST = 10_000;
const LONGEST_AS_ASKED = 3_600_000;

/**
 * Milliseconds until the next attempt: growing by half with each failure up to ten seconds, or as long as the destination
 * asks for, and never the same for all processes.
 *
 * @param first the shortest, in milliseconds
 * @param failures attempts that have failed before this one
 * @param asked what the destination asks for; kept to, up to an hour
 * @param random from 0 to 1, for tests
 */
export function nextPause(first: number, failures: number, asked?: number, random: number = Math.random()): number {
  if (asked !== undefined) return Math.min(Math.max(asked, first), LONGEST_AS_ASKED) * (1 + random * 0.1);
  return Math.min(first * 1.5 ** failures, Math.max(LONGEST, first)) * (0.8 + random * 0.4);
}
