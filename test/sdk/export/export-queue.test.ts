import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Destination } from '../../../lib/sdk/delivery/destination.js';
import { away, Far, line, refused, taken } from '../../support/delivery-parts.js';
import { listen } from '../../support/sdk-stderr.js';

describe('Courier', () => {
  let said: string[];

  beforeEach(() => {
    said = listen();
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const soon = () => jest.advanceTimersByTimeAsync(0);
  /** Longer than any pause that nobody asked for. */
  const inAWhile = () => jest.advanceTimersByTimeAsync(60_000);
  const counts = ({ courier }: ReturnType<typeof line>) => {
    const { taken, exported, dropped, held } = courier.figures();
    return { taken, exported, dropped, held };
  };

  it('sends in order, several at once', async () => {
    const { courier, far } = line();
    const held = far.holds();
    for (let n = 0; n < 12; n += 1) courier.take([`${n}`]);
    await soon();
    expect(far.sent.flat()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    held[0]?.answer(taken);
    await soon();
    expect(far.sent.flat()).toHaveLength(9);
  });

  it('tries the oldest alone while the destination is away, and then sends everything in order', async () => {
    const all = line();
    const { courier, far } = all;
    far.answer = away;
    courier.take(['0']);
    await soon();
    courier.take(['1', '2']);
    courier.take(['3']);
    await inAWhile();
    expect(new Set(far.sent.flat())).toEqual(new Set(['0']));
    expect(counts(all)).toEqual({ taken: 4, exported: 0, dropped: 0, held: 4 });
    far.sent.length = 0;
    far.answer = taken;
    await inAWhile();
    expect(far.sent).toEqual([['0'], ['1', '2'], ['3']]);
    expect(counts(all)).toEqual({ taken: 4, exported: 4, dropped: 0, held: 0 });
    expect(said).toEqual([
      'annotel: cannot export traces to http://far (HTTP 503): all telemetry is held, until it answers',
      'annotel: http://far answers again; delivered late: 4 spans; dropped: nothing',
    ]);
  });

  it('takes one pause for several that fail together', async () => {
    const { courier, far } = line();
    const held = far.holds();
    for (let n = 0; n < 3; n += 1) courier.take([`${n}`]);
    await soon();
    for (const flight of held) flight.answer(away);
    await jest.advanceTimersByTimeAsync(1300);
    expect(far.sent.flat()).toEqual(['0', '1', '2', '0']);
  });

  it('says nothing of a failure that the next attempt mends', async () => {
    const all = line();
    all.far.answer = away;
    all.courier.take(['0']);
    await soon();
    all.far.answer = taken;
    await inAWhile();
    expect(counts(all)).toMatchObject({ exported: 1 });
    expect(said).toEqual([]);
  });

  it('starts anew with the next outage', async () => {
    const { courier, far } = line();
    for (let outage = 0; outage < 2; outage += 1) {
      far.answer = away;
      courier.take(['0']);
      await inAWhile();
      far.answer = taken;
      await inAWhile();
    }
    far.answer = away;
    far.sent.length = 0;
    courier.take(['0']);
    await jest.advanceTimersByTimeAsync(900);
    expect(said).toHaveLength(4);
    await jest.advanceTimersByTimeAsync(100);
    expect(far.sent).toHaveLength(2);
  });

  it('waits as long as it is asked to, and says so where that is long', async () => {
    const { courier, far } = line();
    far.answer = { status: 'retryable', error: new Error('HTTP 503'), retryInMillis: 30_000 };
    courier.take(['0']);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(far.sent).toHaveLength(1);
    expect(said).toHaveLength(1);
    far.answer = taken;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(far.sent).toHaveLength(2);
  });

  it('drops what is refused, counts it, says so once for each reason, and goes on', async () => {
    const all = line();
    all.far.answer = ([word]) => (word?.startsWith('bad') ? refused : taken);
    for (const batch of [['bad', 'too'], ['good'], ['bad again'], ['good again']]) all.courier.take(batch);
    await soon();
    expect(counts(all)).toEqual({ taken: 5, exported: 2, dropped: 3, held: 0 });
    expect(said).toEqual(['annotel: http://far refuses traces (HTTP 400): 2 spans dropped, as will be all it refuses']);
    await all.courier.shutdown();
    expect(said.slice(1)).toEqual(['annotel: cannot export telemetry to http://far before the end: 1 span dropped']);
  });

  it('goes on with the next parcel where the one that it has waited with is refused', async () => {
    const all = line();
    all.far.answer = away;
    all.courier.take(['bad']);
    all.courier.take(['good']);
    await inAWhile();
    all.far.answer = ([word]) => (word === 'bad' ? refused : taken);
    await inAWhile();
    expect(counts(all)).toEqual({ taken: 2, exported: 1, dropped: 1, held: 0 });
  });

  it('counts what a partial success leaves out, and tells the words of it once', async () => {
    const all = line();
    const data = Buffer.from(JSON.stringify({ items: 2, message: 'too old' }));
    all.far.answer = { status: 'success', data };
    all.courier.take(['a', 'b', 'c']);
    all.courier.take(['d', 'e', 'f']);
    await soon();
    expect(counts(all)).toEqual({ taken: 6, exported: 2, dropped: 4, held: 0 });
    expect(said).toEqual(['annotel: http://far refuses traces (too old): 2 spans dropped, as will be all it refuses']);
  });

  it('drops nothing for a partial success that only says something', async () => {
    const all = line();
    all.far.answer = { status: 'success', data: Buffer.from(JSON.stringify({ items: 0, message: 'use gzip' })) };
    all.courier.take(['a']);
    await soon();
    expect(counts(all)).toMatchObject({ exported: 1, dropped: 0 });
    expect(said).toEqual(['annotel: http://far says of traces: use gzip']);
  });

  it.each([
    ['items', { items: 10, bytes: 1e6 }],
    ['bytes', { items: 1e6, bytes: 30 }],
  ])('holds no more %s than it may, and counts the rest exactly', async (_what, room) => {
    const all = line({ room });
    all.far.answer = away;
    for (let n = 0; n < 50; n += 1) all.courier.take(['a', 'b']);
    await inAWhile();
    const { held, dropped } = counts(all);
    expect(held).toBeLessThanOrEqual(10);
    expect(held + dropped).toBe(100);
    expect(all.courier.hasRoom()).toBe(false);
    all.far.answer = taken;
    await inAWhile();
    expect(counts(all)).toEqual({ taken: 100, exported: held, dropped, held: 0 });
    expect(said[1]).toBe(`annotel: http://far answers again; delivered late: ${held} spans; dropped: ${dropped} spans`);
  });

  it('counts what never reached it', async () => {
    const all = line();
    all.courier.lost(3);
    expect(counts(all)).toEqual({ taken: 3, exported: 0, dropped: 3, held: 0 });
  });

  it('drops what cannot be written, and nothing beside it', async () => {
    const all = line();
    all.courier.take(['a', 'broken', 'b', 'c']);
    await soon();
    expect(all.far.sent.flat()).toEqual(['a', 'b', 'c']);
    expect(counts(all)).toEqual({ taken: 4, exported: 3, dropped: 1, held: 0 });
    expect(said).toEqual([expect.stringContaining('(they cannot be written, cannot be written): 1 span dropped')]);
  });

  it('is settled when everything is out', async () => {
    const { courier, far } = line();
    const held = far.holds();
    courier.take(['0']);
    let isSettled = false;
    const settling = courier.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(false);
    held[0]?.answer(taken);
    await settling;
  });

  it('is settled at once where the destination asks to be left alone for long', async () => {
    const { courier, far } = line();
    far.answer = { ...away, retryInMillis: 3_600_000 } as typeof away;
    courier.take(['0']);
    let isSettled = false;
    courier.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(true);
    await jest.advanceTimersByTimeAsync(3_500_000);
    expect(far.sent).toHaveLength(1);
  });

  it('is settled, too, when the destination is known to be away', async () => {
    const { courier, far } = line();
    far.answer = away;
    courier.take(['0']);
    let isSettled = false;
    courier.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(false);
    await inAWhile();
    expect(isSettled).toBe(true);
  });

  it('once closed, makes the attempt that it waits for now, and none after a failure', async () => {
    const all = line();
    all.far.answer = away;
    all.courier.take(['0']);
    await soon();
    all.far.answer = taken;
    all.courier.close();
    await soon();
    expect(counts(all)).toMatchObject({ exported: 1 });
    all.far.answer = away;
    all.courier.take(['1']);
    await all.courier.shutdown();
    expect(counts(all)).toMatchObject({ exported: 1, dropped: 1, held: 0 });
    expect(all.far.isShut).toBe(true);
    expect(said).toEqual(['annotel: cannot export telemetry to http://far (HTTP 503) before the end: 1 span dropped']);
  });

  it('abandons what is under way, what waits and what still comes, and tells how much', async () => {
    const all = line();
    all.far.holds();
    for (let n = 0; n < 10; n += 1) all.courier.take(['a', 'b']);
    await soon();
    expect(all.courier.abandon('no time left')).toBe(10);
    all.courier.take(['late']);
    expect(counts(all)).toEqual({ taken: 21, exported: 0, dropped: 21, held: 0 });
    expect(all.courier.abandon('again')).toBe(0);
    expect(all.far.isAbandoned).toBe(true);
    await all.courier.settled();
    expect(said).toEqual([
      'annotel: cannot export telemetry to http://far (no time left) before the end: 20 spans dropped',
    ]);
  });

  it('tells what is not delivered yet, with everything that it takes to send it', async () => {
    const { courier, far } = line();
    far.holds();
    courier.take(['a', 'b']);
    await soon();
    courier.take(['c']);
    const there = {
      signal: 'traces',
      protocol: 'http',
      url: 'http://far/v1/traces',
      headers: { 'x-key': 'secret' },
      contentEncoding: undefined,
    };
    expect(courier.pending()).toEqual([
      { ...there, items: 2, body: Buffer.from('["a","b"]') },
      { ...there, items: 1, body: Buffer.from('["c"]') },
    ]);
  });

  it('says one sentence for all signals of a destination', async () => {
    const destination = new Destination('http://far', 'held');
    const far = new Far();
    far.answer = away;
    const traces = line({ destination, transport: far });
    const logs = line({ destination, transport: far, signal: 'logs' });
    traces.courier.take(['a']);
    logs.courier.take(['b', 'c']);
    await inAWhile();
    far.answer = taken;
    await inAWhile();
    expect(said).toEqual([
      'annotel: cannot export traces to http://far (HTTP 503): all telemetry is held, until it answers',
      'annotel: http://far answers again; delivered late: 1 span, 2 log records; dropped: nothing',
    ]);
  });
});
