import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { Destination } from '../../../../lib/sdk/export/destination.js';
import { selfRetryingQueue } from '../../../../lib/sdk/export/self-retrying-queue.js';
import { finished } from '../../../support/sdk-span.js';
import { listen } from '../../../support/sdk-stderr.js';

/** Holds every batch until it is told how it went. */
class Held {
  readonly batches: { batch: string[]; done: (result: ExportResult) => void }[] = [];
  isDown = false;

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.batches.push({ batch: spans.map(({ name }) => name), done });
  }
  async shutdown(): Promise<void> {
    this.isDown = true;
  }
}

const ok = { code: ExportResultCode.SUCCESS };
const failed = (error?: Error) => ({ code: ExportResultCode.FAILED, ...(error && { error }) });

describe('the queue of an exporter with attempts of its own', () => {
  let said: string[];
  let inner: Held;

  beforeEach(() => {
    said = listen();
    inner = new Held();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const delivery = ({ timeout = 60_000, maxItems = 1000 } = {}) => {
    const numbers = { most: maxItems, timeout };
    return selfRetryingQueue('traces', inner, new Destination('there', 'dropped'), numbers);
  };
  const spans = (...names: string[]) => names.map((name) => finished({ name }));
  const soon = () => new Promise(setImmediate);

  it('is settled when what was under way has landed', async () => {
    const exporter = delivery();
    exporter.take(spans('a'));
    let isSettled = false;
    const settling = exporter.settled().then(() => {
      isSettled = true;
    });
    await soon();
    expect(isSettled).toBe(false);
    inner.batches[0]?.done(ok);
    await settling;
  });

  it('shuts its exporter down after the last batch has landed', async () => {
    const exporter = delivery();
    exporter.take(spans('a'));
    const ending = exporter.shutdown();
    await soon();
    expect(inner.isDown).toBe(false);
    inner.batches[0]?.done(ok);
    await ending;
    expect(inner.isDown).toBe(true);
    expect(said).toEqual([]);
  });

  it.each([
    ['a network error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error with a message', new Error('HTTP 503'), 'HTTP 503'],
    ['an endless message', new Error('x'.repeat(1000)), 'x'.repeat(150)],
    ['no error at all', undefined, 'unknown error'],
  ])('reports %s in few words, and counts', async (_what, error, words) => {
    const exporter = delivery();
    exporter.take(spans('a', 'b'));
    await soon();
    inner.batches[0]?.done(failed(error));
    await soon();
    expect(said).toEqual([
      `annotel: cannot export traces to there (${words}): all telemetry is dropped, until it answers`,
    ]);
    exporter.take(spans('c'));
    await soon();
    inner.batches[1]?.done(ok);
    await soon();
    expect(said[1]).toBe('annotel: there answers again; delivered late: nothing; dropped: 2 spans');
    expect(exporter.counters()).toMatchObject({ taken: 3, exported: 1, dropped: 2, held: 0 });
  });

  it('reports an exporter that throws', async () => {
    inner.export = () => {
      throw new Error('broken');
    };
    delivery().take(spans('a'));
    await soon();
    expect(said).toEqual([expect.stringContaining('(broken)')]);
  });

  it('gives up on a batch after the timeout, and takes no second result', async () => {
    const exporter = delivery({ timeout: 20 });
    exporter.take(spans('a'));
    // The timer is unreferenced, so something else has to hold the process.
    const holding = setInterval(() => {}, 1000);
    await exporter.settled();
    clearInterval(holding);
    inner.batches[0]?.done(ok);
    expect(exporter.counters()).toMatchObject({ exported: 0, dropped: 1 });
    expect(said).toEqual([expect.stringContaining('(no answer within 20 ms)')]);
  });

  it('sends no more than eight batches at once, and the others as those land', async () => {
    const exporter = delivery();
    for (let index = 0; index < 25; index += 1) exporter.take(spans(`${index}`));
    await soon();
    expect(inner.batches).toHaveLength(8);
    for (let index = 0; index < 25; index += 1) {
      inner.batches[index]?.done(ok);
      await soon();
    }
    expect(inner.batches.map(({ batch }) => batch[0])).toEqual(Array.from({ length: 25 }, (_, index) => `${index}`));
    expect(said).toEqual([]);
  });

  it('drops what does not fit, but never the only batch', async () => {
    const exporter = delivery({ maxItems: 2 });
    exporter.take(spans('a', 'b', 'c'));
    await soon();
    expect(inner.batches).toHaveLength(1);
    expect(exporter.room()).toBe(0);
    exporter.take(spans('d'));
    exporter.lost(2);
    expect(inner.batches).toHaveLength(1);
    expect(exporter.counters()).toMatchObject({ taken: 6, dropped: 3, held: 3 });
    inner.batches[0]?.done(ok);
    await soon();
    exporter.take(spans('e'));
    await soon();
    expect(inner.batches).toHaveLength(2);
  });

  it('abandons what is under way, what waits and what still comes', async () => {
    const exporter = delivery();
    for (let index = 0; index < 22; index += 1) exporter.take(spans('a'));
    await soon();
    exporter.close();
    expect(exporter.abandon('no time left')).toBe(22);
    exporter.take(spans('b'));
    await exporter.settled();
    expect(inner.batches).toHaveLength(8);
    expect(said).toEqual(['annotel: cannot export telemetry to there (no time left) before the end: 22 spans dropped']);
    expect(exporter.abandon('again')).toBe(0);
  });
});
