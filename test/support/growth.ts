/** Milliseconds that a measurement takes at least, and short of what a scheduler hands out at a time. */
const LEAST = 1;
const ROUNDS = 10;
const MOST_ROUNDS = 200;

/** Between linear (2) and quadratic (4). */
export const LINEAR = 3;

/**
 * How much more twice the size costs: about 2 where the work is linear, 4 where it is quadratic, 1 where it is bounded. Of both
 * sizes the quickest of several rounds counts, and where that looks like too much, of many: a busy machine makes work slower
 * at times, and never quicker.
 */
export function growth(work: (size: number) => unknown, size: number, most = LINEAR): number {
  let times = 1;
  while (millis(work, size, times) < LEAST) times *= 2;
  let once = Number.POSITIVE_INFINITY;
  let twice = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS || (round < MOST_ROUNDS && twice >= most * once); round++) {
    once = Math.min(once, millis(work, size, times));
    twice = Math.min(twice, millis(work, 2 * size, times));
  }
  return twice / once;
}

function millis(work: (size: number) => unknown, size: number, times: number): number {
  const started = performance.now();
  for (let left = times; left > 0; left--) work(size);
  return performance.now() - started;
}
