import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { AggregationTemporality, InMemoryMetricExporter, InstrumentType } from '@opentelemetry/sdk-metrics';
import { WatchedExporter, WatchedMetricExporter } from '../../lib/sdk/delivery.js';
import { Destination } from '../../lib/sdk/outage.js';
import { listen } from '../support/sdk-stderr.js';

/** Holds every batch until it is told how it went. */
class Held {
  readonly batches: { batch: string[]; done: (result: ExportResult) => void }[] = [];
  isDown = false;

  export(batch: string[], done: (result: ExportResult) => void): void {
    this.batches.push({ batch, done });
  }
  async shutdown(): Promise<void> {
    this.isDown = true;
  }
}

const ok = { code: ExportResultCode.SUCCESS };
const failed = (error?: Error) => ({ code: ExportResultCode.FAILED, ...(error && { error }) });

describe('WatchedExporter', () => {
  let said: string[];
  let inner: Held;

  beforeEach(() => {
    said = listen();
    inner = new Held();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const watched = (route: { timeout?: number; capacity?: number } = {}) =>
    new WatchedExporter(inner, {
      signal: 'traces',
      destination: new Destination('there'),
      transport: undefined,
      timeout: 60_000,
      capacity: 1000,
      count: (batch: string[]) => ({ spans: batch.length }),
      ...route,
    });

  it('takes a batch at once, however long the collector takes', () => {
    const done = jest.fn();
    watched().export(['a'], done);
    expect(done.mock.calls).toEqual([[ok]]);
    expect(inner.batches).toHaveLength(1);
  });

  it('is flushed when what was under way has landed', async () => {
    const exporter = watched();
    exporter.export(['a'], () => {});
    let isFlushed = false;
    const flushing = exporter.forceFlush().then(() => {
      isFlushed = true;
    });
    await new Promise(setImmediate);
    expect(isFlushed).toBe(false);
    inner.batches[0]?.done(ok);
    await flushing;
  });

  it('shuts its exporter down after the last batch has landed', async () => {
    const exporter = watched();
    exporter.export(['a'], () => {});
    const ending = exporter.shutdown();
    await new Promise(setImmediate);
    expect(inner.isDown).toBe(false);
    inner.batches[0]?.done(ok);
    await ending;
    expect(inner.isDown).toBe(true);
  });

  it.each([
    ['a network error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error with a message', new Error('HTTP 503'), 'HTTP 503'],
    ['an endless message', new Error('x'.repeat(1000)), 'x'.repeat(150)],
    ['no error at all', undefined, 'unknown error'],
  ])('reports %s in few words', (_what, error, words) => {
    watched().export(['a', 'b'], () => {});
    inner.batches[0]?.done(failed(error));
    expect(said).toEqual([expect.stringContaining(`cannot export traces to there (${words}): 2 spans dropped`)]);
  });

  it('reports an exporter that throws', () => {
    inner.export = () => {
      throw new Error('broken');
    };
    const done = jest.fn();
    watched().export(['a'], done);
    expect(done.mock.calls).toEqual([[ok]]);
    expect(said).toEqual([expect.stringContaining('(broken)')]);
  });

  it('gives up on a batch after the timeout, and takes no second result', async () => {
    const exporter = watched({ timeout: 20 });
    exporter.export(['a'], () => {});
    // The timer is unreferenced, so something else has to hold the process.
    const holding = setInterval(() => {}, 1000);
    await exporter.forceFlush();
    clearInterval(holding);
    inner.batches[0]?.done(ok);
    expect(said).toEqual([expect.stringContaining('(no answer within 20 ms): 1 span dropped')]);
  });

  it('sends no more than twenty batches at once, and the others as those land', async () => {
    const exporter = watched();
    for (let index = 0; index < 25; index += 1) exporter.export([`${index}`], () => {});
    expect(inner.batches).toHaveLength(20);
    for (let index = 0; index < 25; index += 1) {
      inner.batches[index]?.done(ok);
      await new Promise(setImmediate);
    }
    expect(inner.batches.map(({ batch }) => batch[0])).toEqual(Array.from({ length: 25 }, (_, index) => `${index}`));
    expect(said).toEqual([]);
  });

  it('drops what does not fit, but never the only batch', async () => {
    const exporter = watched({ capacity: 2 });
    exporter.export(['a', 'b', 'c'], () => {});
    expect(inner.batches).toHaveLength(1);
    exporter.export(['d'], () => {});
    expect(inner.batches).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining('(too much is waiting to be sent): 1 span dropped')]);
    inner.batches[0]?.done(ok);
    exporter.export(['e'], () => {});
    expect(inner.batches).toHaveLength(2);
  });

  it('abandons what is under way, what waits and what still comes', async () => {
    const exporter = watched();
    for (let index = 0; index < 22; index += 1) exporter.export(['a'], () => {});
    expect(exporter.abandon('shutdown')).toBe(22);
    exporter.export(['b'], () => {});
    await exporter.forceFlush();
    expect(inner.batches).toHaveLength(20);
    expect(said).toEqual([expect.stringContaining('(shutdown): 1 span dropped')]);
    expect(exporter.abandon('again')).toBe(0);
  });
});

describe('WatchedMetricExporter', () => {
  it('aggregates as its exporter says', () => {
    const inner = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const exporter = new WatchedMetricExporter(inner, {} as never);
    expect(exporter.selectAggregationTemporality?.(InstrumentType.COUNTER)).toBe(AggregationTemporality.DELTA);
    expect(exporter.selectAggregation).toBeUndefined();
  });
});
