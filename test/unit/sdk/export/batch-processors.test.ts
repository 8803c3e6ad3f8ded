import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { LogBatches, SpanBatches } from '../../../../lib/sdk/export/batch-processors.js';
import { finished } from '../../../support/sdk-span.js';

/** Takes batches as long as it has room. */
class Queue {
  batches: string[][] = [];
  lostItems = 0;
  isShut = false;
  /** Batches that came when it was shut down already. */
  afterEnd = 0;
  limit = Number.POSITIVE_INFINITY;
  take(batch: readonly { name?: string; body?: unknown }[]): void {
    if (this.isShut) this.afterEnd += 1;
    this.batches.push(batch.map(({ name, body }) => String(name ?? body)));
  }
  room(): number {
    return this.limit;
  }
  lost(items: number): void {
    this.lostItems += items;
  }
  async settled(): Promise<void> {}
  async shutdown(): Promise<void> {
    this.isShut = true;
  }
}

const NUMBERS = {
  maxQueueSize: 10,
  scheduledDelayMillis: 60_000,
  maxExportBatchSize: 4,
  exportTimeoutMillis: 30_000,
};

describe.each(['spans', 'log records'])('batches of %s', (what) => {
  let queue: Queue;

  beforeEach(() => {
    jest.useFakeTimers();
    queue = new Queue();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const batches = (numbers = {}) => {
    const all = { ...NUMBERS, scheduledDelayMillis: 1000, ...numbers };
    const made = what === 'spans' ? new SpanBatches(queue, all) : new LogBatches(queue, all);
    const resource = { asyncAttributesPending: false };
    const add = (...names: string[]) => {
      for (const name of names) {
        if (made instanceof SpanBatches) made.onEnd(finished({ name }));
        else made.onEmit({ body: name, resource } as never);
      }
    };
    return { made, add };
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);

  it('are handed over when they have waited long enough', async () => {
    batches().add('1', '2');
    await jest.advanceTimersByTimeAsync(999);
    expect(queue.batches).toEqual([]);
    // One turn after the timer of the stock processor.
    await jest.advanceTimersByTimeAsync(2);
    expect(queue.batches).toEqual([['1', '2']]);
  });

  it('are handed over soon where they are full, but not while they are added to', async () => {
    const { add } = batches();
    add('1', '2', '3', '4', '5');
    expect(queue.batches).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(queue.batches).toEqual([['1', '2', '3', '4']]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(queue.batches).toEqual([['1', '2', '3', '4'], ['5']]);
  });

  it('are handed over in one synchronous step, once', async () => {
    const { made, add } = batches();
    add('1', '2', '3', '4', '5', '6');
    made.drain();
    expect(queue.batches).toEqual([
      ['1', '2', '3', '4'],
      ['5', '6'],
    ]);
    made.drain();
    await jest.advanceTimersByTimeAsync(5000);
    expect(queue.batches).toHaveLength(2);
  });

  it('lose nothing in a burst that never yields, as long as there is room, and count each item that does not fit', async () => {
    const { add } = batches();
    queue.limit = 100;
    add(...upTo(120));
    expect(queue.lostItems).toBe(20);
    await jest.advanceTimersByTimeAsync(5000);
    expect(queue.batches.flat()).toEqual(upTo(100));
  });

  it('are no larger than what may wait', async () => {
    const { add, made } = batches({ maxQueueSize: 2 });
    add('1', '2', '3');
    made.drain();
    expect(queue.batches).toEqual([['1', '2'], ['3']]);
  });

  it('lose nothing where the end comes while they are flushed', async () => {
    const { made, add } = batches();
    add('1', '2', '3', '4', '5', '6');
    const flushed = made.forceFlush();
    const ended = made.shutdown();
    await jest.advanceTimersByTimeAsync(5);
    await Promise.all([flushed, ended]);
    expect(queue.afterEnd).toBe(0);
    expect(queue.batches.flat()).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('are flushed on demand, and take nothing after the end', async () => {
    const { made, add } = batches();
    add('1');
    const flushed = made.forceFlush();
    await jest.advanceTimersByTimeAsync(1);
    await flushed;
    expect(queue.batches).toEqual([['1']]);
    add('2');
    const ended = made.shutdown();
    await jest.advanceTimersByTimeAsync(1);
    await ended;
    expect(queue.isShut).toBe(true);
    add('3');
    made.drain();
    expect(queue.batches).toEqual([['1'], ['2']]);
  });
});

describe('batches', () => {
  it('are told apart by whether a span is sampled', () => {
    const queue = new Queue();
    const spans = new SpanBatches(queue, NUMBERS);
    spans.onEnd(finished({ name: 'in' }));
    spans.onEnd(finished({ name: 'out', isSampled: false }));
    spans.drain();
    expect(queue.batches).toEqual([['in']]);
  });

  it('wait for a resource that is still looked up, but for nobody when they are drained', async () => {
    const queue = new Queue();
    let known = () => {};
    const pending = new Promise<void>((resolve) => {
      known = resolve;
    });
    const resource = { asyncAttributesPending: true, waitForAsyncAttributes: () => pending } as never;
    const spans = new SpanBatches(queue, NUMBERS);
    const logs = new LogBatches(queue, NUMBERS);
    new TracerProvider({ resource, spanProcessors: [spans] }).getTracer('t').startSpan('work').end();
    new LoggerProvider({ resource, processors: [logs] }).getLogger('t').emit({ body: 'worked' });
    const flushed = Promise.all([spans.forceFlush(), logs.forceFlush()]);
    await new Promise(setImmediate);
    expect(queue.batches).toEqual([]);
    spans.drain();
    expect(queue.batches).toEqual([['work']]);
    known();
    await flushed;
    expect(queue.batches).toEqual([['work'], ['worked']]);
  });
});
