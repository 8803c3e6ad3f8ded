import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Destination } from '../../../../lib/sdk/export/destination.js';
import { nextPause } from '../../../../lib/sdk/export/export-queue.js';
import { accepted, away, Far, line, refused } from '../../../support/export-parts.js';
import { listen } from '../../../support/sdk-stderr.js';

describe('ExportQueue', () => {
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
  const counts = ({ queue }: ReturnType<typeof line>) => {
    const { taken, exported, dropped, held } = queue.counters();
    return { taken, exported, dropped, held };
  };

  it('sends in order, several at once', async () => {
    const { queue, far } = line();
    const held = far.holds();
    for (let n = 0; n < 12; n += 1) queue.take([`${n}`]);
    await soon();
    expect(far.sent.flat()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    held[0]?.answer(accepted);
    await soon();
    expect(far.sent.flat()).toHaveLength(9);
  });

  it('tries the oldest alone while the destination is away, and then sends everything in order', async () => {
    const all = line();
    const { queue, far } = all;
    far.answer = away;
    queue.take(['0']);
    await soon();
    queue.take(['1', '2']);
    queue.take(['3']);
    await inAWhile();
    expect(new Set(far.sent.flat())).toEqual(new Set(['0']));
    expect(counts(all)).toEqual({ taken: 4, exported: 0, dropped: 0, held: 4 });
    far.sent.length = 0;
    far.answer = accepted;
    await inAWhile();
    expect(far.sent).toEqual([['0'], ['1', '2'], ['3']]);
    expect(counts(all)).toEqual({ taken: 4, exported: 4, dropped: 0, held: 0 });
    expect(said).toEqual([
      'annotel: cannot export traces to http://far (HTTP 503): all telemetry is held, until it answers',
      'annotel: http://far answers again; delivered late: 4 spans; dropped: nothing',
    ]);
  });

  it('takes one pause for several that fail together', async () => {
    const { queue, far } = line();
    const held = far.holds();
    for (let n = 0; n < 3; n += 1) queue.take([`${n}`]);
    await soon();
    for (const flight of held) flight.answer(away);
    await jest.advanceTimersByTimeAsync(1300);
    expect(far.sent.flat()).toEqual(['0', '1', '2', '0']);
  });

  it('says nothing of a failure that the next attempt mends', async () => {
    const all = line();
    all.far.answer = away;
    all.queue.take(['0']);
    await soon();
    all.far.answer = accepted;
    await inAWhile();
    expect(counts(all)).toMatchObject({ exported: 1 });
    expect(said).toEqual([]);
  });

  it('starts anew with the next outage', async () => {
    const { queue, far } = line();
    for (let outage = 0; outage < 2; outage += 1) {
      far.answer = away;
      queue.take(['0']);
      await inAWhile();
      far.answer = accepted;
      await inAWhile();
    }
    far.answer = away;
    far.sent.length = 0;
    queue.take(['0']);
    await jest.advanceTimersByTimeAsync(900);
    expect(said).toHaveLength(4);
    await jest.advanceTimersByTimeAsync(100);
    expect(far.sent).toHaveLength(2);
  });

  it('waits as long as it is asked to, and says so where that is long', async () => {
    const { queue, far } = line();
    far.answer = { status: 'retryable', error: new Error('HTTP 503'), retryInMillis: 30_000 };
    queue.take(['0']);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(far.sent).toHaveLength(1);
    expect(said).toHaveLength(1);
    far.answer = accepted;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(far.sent).toHaveLength(2);
  });

  it('drops what is refused, counts it, says so once for each reason, and goes on', async () => {
    const all = line();
    all.far.answer = ([word]) => (word?.startsWith('bad') ? refused : accepted);
    for (const batch of [['bad', 'too'], ['good'], ['bad again'], ['good again']]) all.queue.take(batch);
    await soon();
    expect(counts(all)).toEqual({ taken: 5, exported: 2, dropped: 3, held: 0 });
    expect(said).toEqual(['annotel: http://far refuses traces (HTTP 400): 2 spans dropped, as will be all it refuses']);
    await all.queue.shutdown();
    expect(said.slice(1)).toEqual(['annotel: cannot export telemetry to http://far before the end: 1 span dropped']);
  });

  it('goes on with the next parcel where the one that it has waited with is refused', async () => {
    const all = line();
    all.far.answer = away;
    all.queue.take(['bad']);
    all.queue.take(['good']);
    await inAWhile();
    all.far.answer = ([word]) => (word === 'bad' ? refused : accepted);
    await inAWhile();
    expect(counts(all)).toEqual({ taken: 2, exported: 1, dropped: 1, held: 0 });
  });

  it('counts what a partial success leaves out, and tells the words of it once', async () => {
    const all = line();
    all.far.answer = { status: 'accepted', rejected: { items: 2, message: 'too old' } };
    all.queue.take(['a', 'b', 'c']);
    all.queue.take(['d', 'e', 'f']);
    await soon();
    expect(counts(all)).toEqual({ taken: 6, exported: 2, dropped: 4, held: 0 });
    expect(said).toEqual(['annotel: http://far refuses traces (too old): 2 spans dropped, as will be all it refuses']);
  });

  it('drops nothing for a partial success that only says something', async () => {
    const all = line();
    all.far.answer = { status: 'accepted', rejected: { items: 0, message: 'use gzip' } };
    all.queue.take(['a']);
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
    for (let n = 0; n < 50; n += 1) all.queue.take(['a', 'b']);
    await inAWhile();
    const { held, dropped } = counts(all);
    expect(held).toBeLessThanOrEqual(10);
    expect(held + dropped).toBe(100);
    expect(all.queue.room()).toBe(0);
    all.far.answer = accepted;
    await inAWhile();
    expect(counts(all)).toEqual({ taken: 100, exported: held, dropped, held: 0 });
    expect(said[1]).toBe(`annotel: http://far answers again; delivered late: ${held} spans; dropped: ${dropped} spans`);
  });

  it('counts what never reached it', async () => {
    const all = line();
    all.queue.lost(3);
    expect(counts(all)).toEqual({ taken: 3, exported: 0, dropped: 3, held: 0 });
  });

  /** As the exporters do with a batch that they cannot serialise, or that is too large for the destination. */
  const divides = (all: ReturnType<typeof line>, isRefused: (batch: string[]) => boolean, why: string) => {
    const received: string[] = [];
    all.far.answer = (batch) => {
      if (isRefused(batch)) return { status: 'divisible', error: new Error(why) };
      received.push(...batch);
      return accepted;
    };
    return received;
  };

  it('drops what cannot be written, and nothing beside it', async () => {
    const all = line();
    const received = divides(all, (batch) => batch.includes('broken'), 'cannot be written');
    all.queue.take(['a', 'broken', 'b', 'c']);
    await soon();
    expect(received.sort()).toEqual(['a', 'b', 'c']);
    expect(counts(all)).toEqual({ taken: 4, exported: 3, dropped: 1, held: 0 });
    expect(said).toEqual([expect.stringContaining('(cannot be written): 1 span dropped')]);
  });

  it('sends in halves what is too large, as often as it takes, and drops only an item that is too large alone', async () => {
    const all = line();
    const received = divides(all, (batch) => batch.join('').length > 3, 'HTTP 413');
    all.queue.take(['a', 'b', 'c', 'd', 'enormous', 'f', 'g']);
    await soon();
    expect(received.sort()).toEqual(['a', 'b', 'c', 'd', 'f', 'g']);
    expect(counts(all)).toEqual({ taken: 7, exported: 6, dropped: 1, held: 0 });
    expect(said).toEqual(['annotel: http://far refuses traces (HTTP 413): 1 span dropped, as will be all it refuses']);
  });

  it('counts as lost what an exporter with attempts of its own has lost, and says so once', async () => {
    const all = line();
    all.far.answer = { status: 'lost', error: new Error('HTTP 503') };
    all.queue.take(['a', 'b']);
    all.queue.take(['c']);
    await soon();
    all.far.answer = accepted;
    all.queue.take(['d']);
    await soon();
    expect(counts(all)).toEqual({ taken: 4, exported: 1, dropped: 3, held: 0 });
    expect(said).toEqual([
      'annotel: cannot export traces to http://far (HTTP 503): all telemetry is held, until it answers',
      'annotel: http://far answers again; delivered late: nothing; dropped: 3 spans',
    ]);
  });

  it('is settled when everything is out', async () => {
    const { queue, far } = line();
    const held = far.holds();
    queue.take(['0']);
    let isSettled = false;
    const settling = queue.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(false);
    held[0]?.answer(accepted);
    await settling;
  });

  it('is settled at once where the destination asks to be left alone for long', async () => {
    const { queue, far } = line();
    far.answer = { ...away, retryInMillis: 3_600_000 } as typeof away;
    queue.take(['0']);
    let isSettled = false;
    queue.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(true);
    await jest.advanceTimersByTimeAsync(3_500_000);
    expect(far.sent).toHaveLength(1);
  });

  it('is settled, too, when the destination is known to be away', async () => {
    const { queue, far } = line();
    far.answer = away;
    queue.take(['0']);
    let isSettled = false;
    queue.settled().then(() => {
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
    all.queue.take(['0']);
    await soon();
    all.far.answer = accepted;
    all.queue.close();
    await soon();
    expect(counts(all)).toMatchObject({ exported: 1 });
    all.far.answer = away;
    all.queue.take(['1']);
    await all.queue.shutdown();
    expect(counts(all)).toMatchObject({ exported: 1, dropped: 1, held: 0 });
    expect(all.far.isShut).toBe(true);
    expect(said).toEqual(['annotel: cannot export telemetry to http://far (HTTP 503) before the end: 1 span dropped']);
  });

  it('abandons what is under way, what waits and what still comes, and tells how much', async () => {
    const all = line();
    all.far.holds();
    for (let n = 0; n < 10; n += 1) all.queue.take(['a', 'b']);
    await soon();
    expect(all.queue.abandon('no time left')).toBe(10);
    all.queue.take(['late']);
    expect(counts(all)).toEqual({ taken: 21, exported: 0, dropped: 21, held: 0 });
    expect(all.queue.abandon('again')).toBe(0);
    expect(all.far.isAbandoned).toBe(true);
    await all.queue.settled();
    expect(said).toEqual([
      'annotel: cannot export telemetry to http://far (no time left) before the end: 20 spans dropped',
    ]);
  });

  it('tells what is not delivered yet, with everything that it takes to send it', async () => {
    const { queue, far } = line();
    far.holds();
    queue.take(['a', 'b']);
    await soon();
    queue.take(['c']);
    const there = {
      signal: 'traces',
      protocol: 'http/json',
      url: 'http://far/v1/traces',
      contentType: 'application/json',
    };
    expect(queue.pending()).toEqual([
      { ...there, items: 2, body: Buffer.from('["a","b"]') },
      { ...there, items: 1, body: Buffer.from('["c"]') },
    ]);
  });

  it('says one sentence for all signals of a destination', async () => {
    const destination = new Destination('http://far', 'held');
    const far = new Far();
    far.answer = away;
    const traces = line({ destination, sender: far as never });
    const logs = line({ destination, sender: far as never, signal: 'logs' });
    traces.queue.take(['a']);
    logs.queue.take(['b', 'c']);
    await inAWhile();
    far.answer = accepted;
    await inAWhile();
    expect(said).toEqual([
      'annotel: cannot export traces to http://far (HTTP 503): all telemetry is held, until it answers',
      'annotel: http://far answers again; delivered late: 1 span, 2 log records; dropped: nothing',
    ]);
  });
});

describe('the pause before the next attempt', () => {
  it.each([
    ['starts as configured', { failures: 0 }, 1000],
    ['grows', { failures: 1 }, 1500],
    ['grows again', { failures: 2 }, 2250],
    ['grows no further than ten seconds', { failures: 50 }, 10_000],
    ['differs, downwards', { failures: 0, random: 0 }, 800],
    ['differs, upwards', { failures: 0, random: 1 }, 1200],
    ['is what the destination asks for', { failures: 7, asked: 30_000, random: 0 }, 30_000],
    ['is never shorter than that', { failures: 0, asked: 30_000, random: 1 }, 33_000],
    ['is none of no time at all', { failures: 0, asked: 0, random: 0 }, 1000],
    ['is an hour at most', { failures: 0, asked: 1e12, random: 0 }, 3_600_000],
  ] as const)('%s', (_what, { failures, ...rest }, millis) => {
    const { asked, random = 0.5 } = rest as { asked?: number; random?: number };
    expect(nextPause(1000, failures, asked, random)).toBeCloseTo(millis);
  });
});
