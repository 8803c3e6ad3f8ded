import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { interval, lastValueFrom, map, Observable, take } from 'rxjs';
import { type Case, cases, FAILURE, generateAsync, ITEMS, readAll, readOne } from './result-case.js';

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

const collector = (seen: unknown[]) =>
  new WritableStream({
    write(item) {
      seen.push(item);
    },
  });

/** What is read or subscribed to. */
export const STREAM_CASES: readonly Case[] = [
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
