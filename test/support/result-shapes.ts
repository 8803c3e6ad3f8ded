import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Stream } from 'openai/core/streaming';
import { interval, lastValueFrom, map, Observable, take } from 'rxjs';

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
const ITEMS = [1, 2, 3];

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

function* generate(enter: () => void, error?: Error): Generator<number, string> {
  for (const item of ITEMS) {
    enter();
    yield item;
  }
  if (error) throw error;
  return 'end';
}

async function* generateAsync(enter: () => void, error?: Error): AsyncGenerator<number, string> {
  for (const item of ITEMS) {
    await null;
    enter();
    yield item;
  }
  if (error) throw error;
  return 'end';
}

const providerStream = (enter: () => void, error?: Error) =>
  new Stream<number>(() => generateAsync(enter, error), new AbortController());

const webStream = (enter: () => void, error?: Error) => {
  const items = generateAsync(enter, error);
  return new ReadableStream<number>(
    {
      async pull(controller) {
        const { done, value } = await items.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await items.return('cancelled');
      },
    },
    { highWaterMark: 0 },
  );
};

const bytes = () => new Response('{"answer":42}', { headers: { 'content-type': 'application/json' } });
const brokenBody = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([1]));
        controller.error(FAILURE);
      },
    }),
  );

const nodeStream = (error?: Error) =>
  Readable.from(
    (async function* () {
      yield* ITEMS;
      if (error) throw error;
    })(),
  );

async function readAll(items: AsyncIterable<unknown> | Iterable<unknown>, probe: Probe): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of items) {
    probe.stillOpen();
    seen.push(item);
  }
  return seen;
}

async function readOne(items: AsyncIterable<unknown>, probe: Probe): Promise<unknown> {
  for await (const item of items) {
    probe.stillOpen();
    return item;
  }
}

const collector = (seen: unknown[]) =>
  new WritableStream({
    write(item) {
      seen.push(item);
    },
  });

const cases = (
  shape: string,
  identity: boolean,
  outcomes: Record<string, Omit<Case, 'shape' | 'identity' | 'outcome'>>,
) => Object.entries(outcomes).map(([outcome, rest]): Case => ({ shape, identity, outcome, ...rest }));

export const CASES: readonly Case[] = [
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
  ...cases('ReadableStream', true, {
    'is read by a reader': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => webStream(enter),
      async use(stream: ReadableStream<number>, probe) {
        const reader = stream.getReader();
        const seen: unknown[] = [];
        for (let result = await reader.read(); !result.done; result = await reader.read()) {
          probe.stillOpen();
          seen.push(result.value);
        }
        return seen;
      },
    },
    'is iterated': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => webStream(enter),
      use: (stream, probe) => readAll(stream, probe),
    },
    'is left by break': {
      expected: 'stopped',
      bodyRuns: 1,
      body: (enter) => webStream(enter),
      use: (stream, probe) => readOne(stream, probe),
    },
    errors: {
      expected: 'failed',
      bodyRuns: 3,
      body: (enter) => webStream(enter, FAILURE),
      use: (stream, probe) => readAll(stream, probe),
    },
    'is cancelled': {
      expected: 'stopped',
      bodyRuns: 0,
      body: (enter) => webStream(enter),
      use: (stream: ReadableStream<number>) => stream.cancel('enough'),
    },
    'is piped to a WritableStream': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => webStream(enter),
      async use(stream: ReadableStream<number>) {
        const seen: unknown[] = [];
        await stream.pipeTo(collector(seen));
        return [seen, stream.locked];
      },
    },
    'is piped through a TransformStream': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => webStream(enter),
      use: (stream: ReadableStream<number>, probe) =>
        readAll(
          stream.pipeThrough(
            new TransformStream<number, number>({ transform: (item, controller) => controller.enqueue(item * 2) }),
          ),
          { stillOpen: () => probe },
        ),
    },
    'is read through tee()': {
      expected: 'ok',
      bodyRuns: 3,
      body: (enter) => webStream(enter),
      async use(stream: ReadableStream<number>, probe) {
        const [left, right] = stream.tee();
        return Promise.all([readAll(left, probe), readAll(right, { stillOpen() {} })]);
      },
    },
    'fails where it is piped to': {
      expected: 'failed',
      bodyRuns: 3,
      body: (enter) => webStream(enter, FAILURE),
      use: (stream: ReadableStream<number>) => stream.pipeTo(collector([])),
    },
  }),
  ...cases('Response', true, {
    'is read as JSON': {
      expected: 'ok',
      bodyRuns: 0,
      body: bytes,
      use: (response: Response) => response.json(),
    },
    'is read as text': {
      expected: 'ok',
      bodyRuns: 0,
      body: bytes,
      use: (response: Response) => response.text(),
    },
    'is read by its body': {
      expected: 'ok',
      bodyRuns: 0,
      body: bytes,
      async use(response: Response, probe) {
        return Buffer.concat((await readAll(response.body ?? [], probe)) as Uint8Array[]).toString();
      },
    },
    'is no JSON': {
      expected: 'failed',
      bodyRuns: 0,
      body: () => new Response('{'),
      use: (response: Response) => response.json(),
    },
    'breaks off': { expected: 'failed', bodyRuns: 0, body: brokenBody, use: (response: Response) => response.text() },
    'is cloned': {
      expected: 'ok',
      bodyRuns: 0,
      body: bytes,
      use: async (response: Response) => [await response.clone().text(), await response.text()],
    },
    'has no body': {
      expected: 'ok',
      bodyRuns: 0,
      body: () => new Response(null, { status: 204 }),
      use: (response: Response) => response.status,
    },
  }),
  ...cases('Observable', true, {
    completes: {
      expected: 'ok',
      bodyRuns: 1,
      body: (enter) =>
        new Observable<number>((subscriber) => {
          enter();
          for (const item of ITEMS) subscriber.next(item);
          subscriber.complete();
        }),
      use: (items: Observable<number>) => lastValueFrom(items),
    },
    'completes through operators': {
      expected: 'ok',
      bodyRuns: 1,
      body: (enter) =>
        new Observable<number>((subscriber) => {
          enter();
          for (const item of ITEMS) subscriber.next(item);
          subscriber.complete();
        }),
      use: (items: Observable<number>) => lastValueFrom(items.pipe(map((item) => item * 2))),
    },
    errors: {
      expected: 'failed',
      bodyRuns: 1,
      body: (enter) =>
        new Observable<number>((subscriber) => {
          enter();
          subscriber.error(FAILURE);
        }),
      use: (items: Observable<number>) => lastValueFrom(items),
    },
    'is unsubscribed from': {
      expected: 'stopped',
      bodyRuns: 0,
      body: () => interval(60_000),
      use(items: Observable<number>, probe) {
        const subscription = items.subscribe();
        probe.stillOpen();
        subscription.unsubscribe();
        return subscription.closed;
      },
    },
    'is cut short by take(1)': {
      expected: 'stopped',
      bodyRuns: 0,
      body: () => interval(1),
      use: (items: Observable<number>) => lastValueFrom(items.pipe(take(1))),
    },
  }),
  ...cases('Node Readable', true, {
    ends: { expected: 'ok', bodyRuns: 0, body: () => nodeStream(), use: (items, probe) => readAll(items, probe) },
    'is read by listeners': {
      expected: 'ok',
      bodyRuns: 0,
      body: () => nodeStream(),
      use: (items: Readable) =>
        new Promise((resolve) => {
          const seen: unknown[] = [];
          items.on('data', (item) => seen.push(item)).on('end', () => resolve(seen));
        }),
    },
    'is piped': {
      expected: 'ok',
      bodyRuns: 0,
      body: () => Readable.from(['a', 'b']),
      use: async (items: Readable) => {
        const seen: string[] = [];
        await pipeline(items, async (chunks: AsyncIterable<string>) => {
          for await (const chunk of chunks) seen.push(chunk);
        });
        return seen;
      },
    },
    errors: {
      expected: 'failed',
      bodyRuns: 0,
      body: () => nodeStream(FAILURE),
      use: (items, probe) => readAll(items, probe),
    },
    'is destroyed': {
      expected: 'stopped',
      bodyRuns: 0,
      body: () => nodeStream(),
      use: (items: Readable) => new Promise((resolve) => items.destroy().on('close', () => resolve('closed'))),
    },
  }),
];
