import { jest } from '@jest/globals';

type FakeTimersConfig = Extract<Parameters<typeof jest.useFakeTimers>[0], { legacyFakeTimers?: false }>;

/** For `jest.useFakeTimers({ doNotFake })`: only `setTimeout` goes by the clock of the test; sockets and the rest stay real. */
export const ALL_BUT_TIMEOUTS: NonNullable<FakeTimersConfig['doNotFake']> = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
];

const STEP = 10;
/** Milliseconds of the clock of the test, of which nothing that is tested waits as many. */
const MOST = 600_000;

/**
 * Lets the clock of the test go on, between turns of the event loop, until `work` is done, and tells how far it went. Throws
 * where that is never.
 */
export async function waitedFor<T>(work: Promise<T>): Promise<{ result: T; passed: number }> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  let passed = 0;
  await turn();
  while (!isDone) {
    if (passed >= MOST) throw new Error(`not done after ${passed} ms of the test's clock`);
    jest.advanceTimersByTime(STEP);
    passed += STEP;
    await turn();
  }
  return { result: await work, passed };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
