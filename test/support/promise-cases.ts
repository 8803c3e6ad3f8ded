import { type Case, cases, FAILURE, ITEMS } from './result-case.js';

class SubclassedPromise<T> extends Promise<T> {
  readonly kind = 'subclass';
}

/** As knex and Prisma do it: nothing happens before somebody asks, and then at every time. */
class LazyQuery {
  readonly #rows: readonly number[];
  constructor(
    private readonly enter: () => void,
    private readonly error?: Error,
  ) {
    this.#rows = ITEMS;
  }
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled?: (rows: readonly number[]) => unknown, onRejected?: (error: unknown) => unknown): unknown {
    this.enter();
    const run = this.error ? Promise.reject(this.error) : Promise.resolve(this.#rows);
    return run.then(onFulfilled, onRejected);
  }
  catch(onRejected: (error: unknown) => unknown): unknown {
    return this.then(undefined, onRejected);
  }
}

/** Values, and what becomes one. */
export const PROMISE_CASES: readonly Case[] = [
  ...cases('value', true, {
    returns: {
      expected: 'ok',
      bodyRuns: 1,
      body: (enter) => {
        enter();
        return 7;
      },
      use: (value) => value,
    },
    'returns undefined': { expected: 'ok', bodyRuns: 1, body: (enter) => void enter(), use: (value) => value },
    throws: {
      expected: 'failed',
      bodyRuns: 1,
      body(enter) {
        enter();
        throw FAILURE;
      },
      use: (value) => value,
    },
  }),
  ...cases('native promise', false, {
    resolves: {
      expected: 'ok',
      bodyRuns: 1,
      body: async (enter) => {
        enter();
        return 7;
      },
      use: (promise) => promise,
    },
    rejects: {
      expected: 'failed',
      bodyRuns: 1,
      async body(enter) {
        enter();
        throw FAILURE;
      },
      use: (promise) => promise,
    },
  }),
  ...cases('promise subclass', true, {
    resolves: { expected: 'ok', bodyRuns: 0, body: () => SubclassedPromise.resolve(7), use: (promise) => promise },
    rejects: {
      expected: 'failed',
      bodyRuns: 0,
      body: () => SubclassedPromise.reject(FAILURE),
      use: (promise) => promise,
    },
    'rejects into catch': {
      expected: 'failed',
      bodyRuns: 0,
      body: () => SubclassedPromise.reject(FAILURE),
      use: (promise: Promise<number>) => promise.catch((error) => [error]),
    },
    'resolves into finally': {
      expected: 'ok',
      bodyRuns: 0,
      body: () => SubclassedPromise.resolve(7),
      use: (promise: Promise<number>) => promise.finally(() => undefined),
    },
  }),
  ...cases('promise with properties', true, {
    resolves: {
      expected: 'ok',
      bodyRuns: 0,
      body: () => Object.assign(Promise.resolve(7), { cancel: () => 'cancelled' }),
      use: async (promise: Promise<number> & { cancel(): string }) => [await promise, promise.cancel()],
    },
    rejects: {
      expected: 'failed',
      bodyRuns: 0,
      body: () => Object.assign(Promise.reject(FAILURE), { cancel: () => 'cancelled' }),
      use: (promise) => promise,
    },
    'rejects into Promise.allSettled': {
      expected: 'failed',
      bodyRuns: 0,
      body: () => Object.assign(Promise.reject(FAILURE), { cancel: () => 'cancelled' }),
      use: (promise: Promise<number>) => Promise.allSettled([promise]),
    },
  }),
  ...cases('lazy thenable', true, {
    resolves: { expected: 'ok', bodyRuns: 1, body: (enter) => new LazyQuery(enter), use: async (query) => await query },
    rejects: {
      expected: 'failed',
      bodyRuns: 1,
      body: (enter) => new LazyQuery(enter, FAILURE),
      use: async (query) => await query,
    },
    'rejects into catch': {
      expected: 'failed',
      bodyRuns: 1,
      body: (enter) => new LazyQuery(enter, FAILURE),
      use: async (query: LazyQuery) => query.catch((error) => [error]),
    },
  }),
];
