import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Batcher } from '../../../lib/sdk/delivery/batcher.js';

interface Item {
  n: number;
  resource?: { asyncAttributesPending?: boolean; waitForAsyncAttributes?(): Promise<void> };
}

class Sink {
  batches: number[][] = [];
  lostItems = 0;
  room = true;
  take(batch: Item[]): void {
    this.batches.push(batch.map(({ n }) => n));
  }
  hasRoom(): boolean {
    return this.room;
  }
  lost(items: number): void {
    this.lostItems += items;
  }
}

describe('Batcher', () => {
  let sink: Sink;

  beforeEach(() => {
    jest.useFakeTimers();
    sink = new Sink();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const batcher = (numbers = {}) =>
    new Batcher<Item>(sink, { maxQueueSize: 10, scheduledDelayMillis: 1000, maxExportBatchSize: 4, ...numbers });
  const add = (to: Batcher<Item>, ...numbers: number[]) => {
    for (const n of numbers) to.add({ n });
  };

  it('hands over what has waited long enough', async () => {
    add(batcher(), 1, 2);
    await jest.advanceTimersByTimeAsync(999);
    expect(sink.batches).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(sink.batches).toEqual([[1, 2]]);
  });

  it('hands over a full batch soon, but not while it is added to', async () => {
    const items = batcher();
    add(items, 1, 2, 3, 4, 5);
    expect(sink.batches).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(sink.batches).toEqual([[1, 2, 3, 4]]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(sink.batches).toEqual([[1, 2, 3, 4], [5]]);
  });

  it('hands everything over in one synchronous step, in batches', () => {
    const items = batcher();
    add(items, 1, 2, 3, 4, 5, 6);
    items.drain();
    expect(sink.batches).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    items.drain();
    expect(sink.batches).toHaveLength(2);
  });

  it('makes room in a burst while the sink takes more, and else counts each item that does not fit', () => {
    const items = batcher();
    for (let n = 0; n < 12; n += 1) items.add({ n });
    expect(sink.batches).toEqual([[0, 1, 2, 3]]);
    sink.room = false;
    for (let n = 12; n < 20; n += 1) items.add({ n });
    expect(sink.lostItems).toBe(6);
    items.drain();
    expect(sink.batches.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('makes no batch larger than what may wait', () => {
    const items = batcher({ maxQueueSize: 2 });
    add(items, 1, 2);
    items.drain();
    expect(sink.batches).toEqual([[1, 2]]);
  });

  it('waits for a resource that is still looked up, for five seconds at most', async () => {
    let known = () => {};
    const resource = {
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise<void>((resolve) => (known = resolve)),
    };
    const slow = batcher();
    slow.add({ n: 1, resource });
    await jest.advanceTimersByTimeAsync(1500);
    expect(sink.batches).toEqual([]);
    known();
    await jest.advanceTimersByTimeAsync(0);
    expect(sink.batches).toEqual([[1]]);
    const stuck = batcher();
    stuck.add({ n: 2, resource });
    await jest.advanceTimersByTimeAsync(6000);
    expect(sink.batches).toEqual([[1], [2]]);
  });

  it('waits for nobody when it is drained', () => {
    const items = batcher();
    items.add({
      n: 1,
      resource: { asyncAttributesPending: true, waitForAsyncAttributes: () => new Promise(() => {}) },
    });
    items.drain();
    expect(sink.batches).toEqual([[1]]);
  });

  it('takes a resource that fails for one that is known', async () => {
    const items = batcher();
    const resource = { asyncAttributesPending: true, waitForAsyncAttributes: () => Promise.reject(new Error('no')) };
    items.add({ n: 1, resource });
    await items.flush();
    expect(sink.batches).toEqual([[1]]);
  });
});
