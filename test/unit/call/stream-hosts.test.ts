import { describe, expect, test } from '@jest/globals';
import { Traced } from '../../../lib/index.js';
import { collectUntil } from '../../support/garbage.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

/** A result that hands out its stream by getters, each time splitting it off what it keeps. */
class Host {
  readonly #parts: object[];
  baseStream: ReadableStream<object>;
  pulled = 0;
  cancelled: unknown;

  constructor(...parts: (object | Error)[]) {
    const left = [...parts];
    this.#parts = parts;
    this.baseStream = new ReadableStream<object>(
      {
        pull: async (controller) => {
          this.pulled += 1;
          const next = left.shift();
          if (next === undefined) controller.close();
          else if (next instanceof Error) controller.error(next);
          else controller.enqueue({ part: next });
          // Closing takes its time.
          if ((next as { type?: string } | undefined)?.type === 'finish') {
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        },
        cancel: (reason) => {
          this.cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );
  }

  get length(): number {
    return this.#parts.length;
  }
  get stream(): ReadableStream<object> {
    const [branch, rest] = this.baseStream.tee();
    this.baseStream = rest;
    return branch.pipeThrough(new TransformStream());
  }
  /** Starts the stream, as results of this kind do. */
  get sum(): Promise<number> {
    return read(this.stream).then((parts) => parts.length);
  }
}

const read = async (stream: AsyncIterable<object>): Promise<object[]> => {
  const parts: object[] = [];
  for await (const chunk of stream) parts.push((chunk as { part: object }).part);
  return parts;
};
const rounds = async (): Promise<void> => {
  for (let round = 0; round < 30; round++) await new Promise((resolve) => setImmediate(resolve));
};
const observed = (...parts: (object | Error)[]): Host => Traced('host')(() => new Host(...parts))();
const end = () => telemetry.span.attributes['annotel.stream.end'];

const ITEMS = [{ type: 'start' }, { type: 'item', id: 1 }, { type: 'item', id: 2 }];

describe('a result that hands out its stream', () => {
  test('stays the object it is, and is not read before somebody reads it', async () => {
    const host = observed(...ITEMS);
    await rounds();
    expect(host).toBeInstanceOf(Host);
    expect([host.length, host.pulled]).toEqual([3, 0]);
    expect(telemetry.spans).toEqual([]);
    expect(await read(host.stream)).toEqual(ITEMS);
    expect(end()).toBeUndefined();
    expect(telemetry.span.error).toBeUndefined();
  });

  test('is told once, however often it is read', async () => {
    const host = observed(...ITEMS);
    const all = await Promise.all([read(host.stream), read(host.stream), host.sum]);
    expect(all).toEqual([ITEMS, ITEMS, 3]);
    expect(await host.sum).toBe(3);
    expect(telemetry.spans).toHaveLength(1);
  });

  test('is read directly, and hands cancellation on', async () => {
    const host = observed(...ITEMS);
    const reader = host.baseStream.getReader();
    await reader.read();
    await reader.cancel('enough');
    expect([host.cancelled, end()]).toEqual(['enough', 'stopped']);
  });

  test('ends with its last part, before its stream is closed', async () => {
    const host = observed(...ITEMS, { type: 'finish', finishReason: 'stop' });
    const reader = host.stream.getReader();
    for (let part = 0; part < 4; part++) await reader.read();
    expect(telemetry.spans).toHaveLength(1);
  });

  test.each<[string, (object | Error)[], string | undefined, string | undefined]>([
    ['with an error among its parts', [{ type: 'error', error: new Error('broken') }], 'broken', undefined],
    [
      'with an error that its end tells of',
      [
        { type: 'error', error: new Error('broken') },
        { type: 'finish', finishReason: 'error' },
      ],
      'broken',
      undefined,
    ],
    [
      'after an error that it got over',
      [
        { type: 'error', error: new Error('broken') },
        { type: 'finish', finishReason: 'stop' },
      ],
      undefined,
      undefined,
    ],
    ['by being aborted', [{ type: 'abort' }], undefined, 'stopped'],
    ['by throwing', [new TypeError('thrown')], 'thrown', undefined],
  ])('ends %s', async (_how, parts, error, stopped) => {
    const outcome = (host: Host) => read(host.stream).catch(String);
    expect(await outcome(observed(...ITEMS, ...parts))).toEqual(await outcome(new Host(...ITEMS, ...parts)));
    expect([telemetry.span.error, end()]).toEqual([error, stopped]);
  });

  test('has been stopped when all that read it have left', async () => {
    const host = observed(...ITEMS);
    const [left, right] = [host.stream, host.stream];
    await left.cancel();
    await rounds();
    expect(telemetry.spans).toEqual([]);
    await right.cancel();
    await rounds();
    expect(end()).toBe('stopped');
  });

  test('goes on when somebody else asks for it at once', async () => {
    const host = observed(...ITEMS);
    await host.stream.cancel();
    expect(await host.sum).toBe(3);
    expect(end()).toBeUndefined();
  });

  test('is abandoned when nobody holds it', async () => {
    observed(...ITEMS);
    await collectUntil(() => telemetry.spans.length > 0);
    expect(end()).toBe('abandoned');
  });

  test.each<[string, (host: Host) => unknown]>([
    ['is read already', (host) => host.baseStream.getReader()],
    ['is frozen', Object.freeze],
  ])('that %s ends at once', (_how, spoil) => {
    const host = Traced('host')(() => {
      const made = new Host(...ITEMS);
      spoil(made);
      return made;
    })();
    expect(telemetry.spans).toHaveLength(1);
    expect(host.pulled).toBe(0);
  });
});
