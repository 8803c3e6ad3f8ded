/** What a test sees while it uses a result: whether the call is still open. */
export interface Probe {
  /** Fails the test if the call has ended. */
  stillOpen(): void;
}

/** One way for a call to go. `body` is the decorated method's; `use` is what its caller does with the result. */
export interface Case {
  readonly shape: string;
  readonly outcome: string;
  readonly expected: 'ok' | 'failed' | 'stopped';
  /** Whether the caller has to get the very object that the method returned. */
  readonly identity?: boolean;
  /** How often the method's own code runs, and so has to find the call's context active. */
  readonly bodyRuns: number;
  readonly body: (enter: () => void) => unknown;
  readonly use: (result: never, probe: Probe) => unknown;
}

export const FAILURE = new RangeError('no more');
export const ITEMS = [1, 2, 3];

export function* generate(enter: () => void, error?: Error): Generator<number, string> {
  for (const item of ITEMS) {
    enter();
    yield item;
  }
  if (error) throw error;
  return 'end';
}

export async function* generateAsync(enter: () => void, error?: Error): AsyncGenerator<number, string> {
  for (const item of ITEMS) {
    await null;
    enter();
    yield item;
  }
  if (error) throw error;
  return 'end';
}

export async function readAll(items: AsyncIterable<unknown> | Iterable<unknown>, probe: Probe): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of items) {
    probe.stillOpen();
    seen.push(item);
  }
  return seen;
}

export async function readOne(items: AsyncIterable<unknown>, probe: Probe): Promise<unknown> {
  for await (const item of items) {
    probe.stillOpen();
    return item;
  }
}

export const cases = (
  shape: string,
  identity: boolean,
  outcomes: Record<string, Omit<Case, 'shape' | 'identity' | 'outcome'>>,
) => Object.entries(outcomes).map(([outcome, rest]): Case => ({ shape, identity, outcome, ...rest }));
