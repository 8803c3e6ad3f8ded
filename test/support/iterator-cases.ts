import { Stream } from 'openai/core/streaming';
import { type Case, cases, FAILURE, generate, generateAsync, readAll, readOne } from './result-case.js';

const providerStream = (enter: () => void, error?: Error) =>
  new Stream<number>(() => generateAsync(enter, error), new AbortController());

/** What is iterated. */
export const ITERATOR_CASES: readonly Case[] = [
  ...cases('generator', true, {
    ends: {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => generate(enter),
      use: (items, probe) => readAll(items, probe),
    },
    throws: {
      expected: 'failed',
      bodyRuns: 3,
      body: (enter) => generate(enter, FAILURE),
      use: (items, probe) => readAll(items, probe),
    },
    'is left by break': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => generate(enter),
      use(items: Generator<number>, probe) {
        for (const item of items) {
          probe.stillOpen();
          return item;
        }
      },
    },
    'is ended by return()': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => generate(enter),
      use: (items: Generator<number, string>) => [items.next(), items.return('enough'), items.next()],
    },
    'is ended by throw()': {
      expected: 'failed',
      bodyRuns: 1,
      body: (enter) => generate(enter),
      use(items: Generator<number>) {
        items.next();
        items.throw(FAILURE);
      },
    },
  }),
  ...cases('async generator', true, {
    ends: {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => generateAsync(enter),
      use: (items, probe) => readAll(items, probe),
    },
    throws: {
      expected: 'failed',
      bodyRuns: 3,
      body: (enter) => generateAsync(enter, FAILURE),
      use: (items, probe) => readAll(items, probe),
    },
    'is left by break': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => generateAsync(enter),
      use: (items, probe) => readOne(items, probe),
    },
    'is delegated to by yield*': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => generateAsync(enter),
      use: (items: AsyncGenerator<number>, probe) =>
        readAll(
          (async function* () {
            yield* items;
          })(),
          probe,
        ),
    },
  }),
  ...cases('promise of an async generator', false, {
    ends: {
      expected: 'ok',
      bodyRuns: 4,
      body: async (enter) => {
        enter();
        return generateAsync(enter);
      },
      use: async (items: Promise<AsyncGenerator<number>>, probe) => readAll(await items, probe),
    },
  }),
  ...cases('provider Stream', true, {
    ends: {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => providerStream(enter),
      use: (items, probe) => readAll(items, probe),
    },
    fails: {
      expected: 'failed',
      bodyRuns: 3,
      body: (enter) => providerStream(enter, FAILURE),
      use: (items, probe) => readAll(items, probe),
    },
    'is left by break': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => providerStream(enter),
      use: (items, probe) => readOne(items, probe),
    },
    'is read through tee()': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => providerStream(enter),
      async use(items: Stream<number>, probe) {
        const [left, right] = items.tee();
        return [await readAll(left, probe), await readAll(right, { stillOpen() {} })];
      },
    },
    'is left in both halves of tee()': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => providerStream(enter),
      async use(items: Stream<number>, probe) {
        const [left, right] = items.tee();
        const first = await readOne(left, probe);
        probe.stillOpen();
        return [first, await readOne(right, probe)];
      },
    },
    'is read through toReadableStream()': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => providerStream(enter),
      use: (items: Stream<number>) => new Response(items.toReadableStream()).text(),
    },
  }),
];
