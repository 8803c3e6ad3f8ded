import { describe, expect, test } from '@jest/globals';
import { LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

/* A ReadableStream and its iterator, which reads through a reader of the stream: items count once, whoever is watched. */

const telemetry = useTelemetry();

type Numbers = ReadableStream<number>;

const streamOf = (...items: number[]): Numbers =>
  new ReadableStream({
    pull(controller) {
      const item = items.shift();
      if (item === undefined) controller.close();
      else controller.enqueue(item);
    },
  });

/** As Vercel's AI SDK makes them. */
function takesReader(stream: Numbers): object {
  const reader = stream.getReader();
  return {
    next: () => reader.read(),
    async return() {
      await reader.cancel();
      reader.releaseLock();
      return { done: true, value: undefined };
    },
  };
}

/** As polyfills do. */
async function* takesReaderLate(stream: Numbers): AsyncGenerator<number> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
    reader.releaseLock();
  }
}

const iteratedBy = (iterate: (stream: Numbers) => object) => (stream: Numbers) =>
  Object.assign(stream, { [Symbol.asyncIterator]: () => iterate(stream) });

const drain = async (items: AsyncIterable<number>, most = Infinity): Promise<number[]> => {
  const seen: number[] = [];
  for await (const item of items) if (seen.push(item) >= most) break;
  return seen;
};

const readAll = async (stream: Numbers): Promise<(number | undefined)[]> => {
  const reader = stream.getReader();
  const seen: (number | undefined)[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) seen.push(next.value);
  return seen;
};

const readOne = async (stream: Numbers): Promise<number | undefined> => {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value;
};

describe.each<[string, (stream: Numbers) => Numbers]>([
  ['of the platform', (stream) => stream],
  ['that takes a reader when it is made', iteratedBy(takesReader)],
  ['that takes a reader when it is read', iteratedBy(takesReaderLate)],
])('a stream with an iterator %s', (_which, prepare) => {
  test.each<[string, (stream: Numbers) => Promise<unknown>, unknown, items: number]>([
    ['iterated', (stream) => drain(stream), [1, 2, 3, 4], 4],
    ['iterated in part', (stream) => drain(stream, 3), [1, 2, 3], 3],
    ['read', readAll, [1, 2, 3, 4], 4],
    ['read, then iterated', async (stream) => [await readOne(stream), await drain(stream)], [1, [2, 3, 4]], 4],
    ['split', (stream) => Promise.all(stream.tee().map((half) => drain(half))), Array(2).fill([1, 2, 3, 4]), 4],
    ['piped', (stream) => drain(stream.pipeThrough(new TransformStream())), [1, 2, 3, 4], 4],
  ])('counts each item once: %s', async (_how, read, expected, items) => {
    const stream = LlmCall()(() => prepare(streamOf(1, 2, 3, 4)))();
    expect(await read(stream)).toEqual(expected);
    // Every item but the first.
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([
      { count: items - 1 },
    ]);
    expect(telemetry.span.attributes['annotel.stream.end']).toBe(items < 4 ? 'stopped' : undefined);
  });
});
