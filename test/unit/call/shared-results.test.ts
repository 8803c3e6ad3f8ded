import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { firstValueFrom, of, shareReplay } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
  rethrowFaults(true);
});
afterEach(() => telemetry.stop());

const endOf = () => telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'] ?? 'ok');
const statuses = () => telemetry.spans.map(({ status }) => status.code);

describe('a result that is returned again', () => {
  test('a promise that the method keeps is the same one each time, and each call ends with it', async () => {
    const kept = Promise.resolve(7);
    const get = Traced()(() => kept);
    expect(get()).toBe(kept);
    expect(await get()).toBe(7);
    expect(await get()).toBe(7);
    expect(endOf()).toEqual(['ok', 'ok', 'ok']);
  });

  test('a kept rejection that is handled elsewhere is not reported as unhandled', async () => {
    const kept = Promise.reject(new Error('lost'));
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    Traced()(() => kept)();
    await kept.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(statuses()).toEqual([2]);
  });

  test('an Observable that replays ends each call by a subscription of its own', async () => {
    const shared = of(1).pipe(shareReplay(1));
    const get = Traced()(() => shared);
    for (let call = 0; call < 3; call++) expect(await firstValueFrom(get())).toBe(1);
    expect(telemetry.spans).toHaveLength(3);
  });

  test('a stream that has been read ends a later call at once', async () => {
    const stream = Readable.from(['a']);
    const get = Traced()(() => stream);
    for await (const _ of get());
    get();
    expect(endOf()).toEqual(['ok', 'ok']);
  });

  test('an iterator handed out by two calls is told to both', async () => {
    const inner = Traced('inner')(async function* () {
      yield 1;
    });
    const outer = Traced('outer')(() => ({ [Symbol.asyncIterator]: () => inner() }));
    for await (const item of outer()) expect(item).toBe(1);
    expect(telemetry.spans.map(({ name }) => name).sort()).toEqual(['inner', 'outer']);
  });
});

describe('what only looks like a known shape', () => {
  test('a database cursor, whose next() hands out rows, works as before', async () => {
    class Cursor {
      #left = [{ id: 1 }, { id: 2 }];
      next() {
        return Promise.resolve(this.#left.shift() ?? null);
      }
      async *[Symbol.asyncIterator]() {
        for (let row = await this.next(); row !== null; row = await this.next()) yield row;
      }
    }
    const find = Traced()(() => new Cursor());
    const rows: unknown[] = [];
    const cursor = find();
    for (let row = await cursor.next(); row !== null; row = await cursor.next()) rows.push(row);
    for await (const row of find()) rows.push(row);
    expect(rows).toEqual([{ id: 1 }, { id: 2 }, { id: 1 }, { id: 2 }]);
    expect(endOf()).toEqual(['ok']);
  });

  test('a catch that takes error classes gets them', () => {
    const taken: unknown[] = [];
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then() {},
      catch(...args: unknown[]) {
        taken.push(...args);
      },
    };
    Traced()(() => thenable)().catch(RangeError, () => 'handled');
    expect(taken).toEqual([RangeError, expect.any(Function)]);
  });

  test('a thenable that returns nothing keeps its failure to itself', () => {
    let fail = (_error: unknown): void => {};
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then(_ok?: unknown, rejected?: (error: unknown) => void) {
        fail = rejected ?? fail;
      },
    };
    Traced()(() => thenable)().then(() => {});
    expect(() => fail(new Error('lost'))).not.toThrow();
    expect(statuses()).toEqual([2]);
  });

  test('a then that throws fails the call, and throws', () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then() {
        throw new RangeError('at once');
      },
    };
    expect(() => Traced()(() => thenable)().then()).toThrow('at once');
    expect(statuses()).toEqual([2]);
  });
});

describe('an early end is no failure', () => {
  test('of a Node stream that a for await leaves', async () => {
    for await (const _ of Traced()(() => Readable.from([1, 2, 3]))()) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect([endOf(), statuses()]).toEqual([['stopped'], [0]]);
  });

  test('of a stream whose controller is aborted', async () => {
    const controller = new AbortController();
    const stream = Traced()(() => ({
      controller,
      async *[Symbol.asyncIterator]() {
        yield 1;
        if (!controller.signal.aborted) yield 2;
      },
    }))();
    for await (const _ of stream) controller.abort();
    expect(endOf()).toEqual(['stopped']);
  });

  test('of a reader that cancels while it reads', async () => {
    const reader = Traced()(() => new ReadableStream())().getReader();
    const read = reader.read();
    await reader.cancel();
    expect(await read).toEqual({ done: true, value: undefined });
    expect(endOf()).toEqual(['stopped']);
  });

  test('a cancel that is refused ends nothing', async () => {
    const stream = Traced()(() => new ReadableStream())();
    stream.getReader();
    await expect(stream.cancel()).rejects.toThrow('locked');
    expect(telemetry.spans).toEqual([]);
  });
});

test('the duration in the metrics is that of the span, and what is recorded afterwards counts in neither', async () => {
  jest.useFakeTimers();
  const busy = () => {
    jest.advanceTimersByTime(50);
    return {};
  };
  Traced({ result: busy })(() => void jest.advanceTimersByTime(30))();
  jest.useRealTimers();
  const [metric] = (await telemetry.metrics()).filter(({ descriptor }) => descriptor.name === 'annotel.call.duration');
  const value = metric?.dataPoints[0]?.value as { sum: number } | undefined;
  expect(value?.sum).toBeCloseTo(0.03, 6);
  expect(telemetry.spans[0]?.duration).toEqual([0, 30_000_000]);
});
