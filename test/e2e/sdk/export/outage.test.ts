import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Child, run, warnings } from '../../../support/sdk-child.js';
import { Collector } from '../../../support/sdk-collector.js';

jest.setTimeout(60_000);

const RATE = '500';

describe('a collector that goes away', () => {
  let dir: string;
  let collector: Collector;
  let port: number;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'annotel-outage-'));
    collector = await Collector.start();
    port = collector.port;
  });
  afterEach(async () => {
    await collector.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const environment = (more: Record<string, string> = {}) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '50',
    ...more,
  });
  const steady = (name: string, inAll: number) => [
    '--import',
    'annotel/register',
    'steady.mjs',
    name,
    RATE,
    `${inAll}`,
  ];
  const parcels = () => readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.parcel'));
  /** The numbers of the spans of one run, in the order of their arrival. */
  const numbers = (name: string, spans: readonly string[]) =>
    spans.filter((span) => span.startsWith(`${name} `)).map((span) => Number(span.split(' ')[1]));
  const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
  const sorted = (values: Iterable<number>) => [...values].sort((one, other) => one - other);

  it('loses nothing of a process that is killed meanwhile, where there is a spool', async () => {
    await using child = new Child(steady('first', 1e6), environment({ ANNOTEL_SPOOL_DIR: dir }));
    await child.says('made 5');
    while (collector.spans.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = collector.spanNames;
    await collector.close();
    while (parcels().length < 10) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await child.ended();

    collector = new Collector();
    await collector.listen(port);
    const ended = await run(steady('second', 100), environment({ ANNOTEL_SPOOL_DIR: dir }));
    expect(ended).toMatchObject({ code: 0 });
    const arrived = [...numbers('first', before), ...numbers('first', collector.spanNames)];
    const distinct = sorted(new Set(arrived));
    // Without a gap: what is missing had not been handed over, and is all at the end.
    expect(distinct).toEqual(upTo(distinct.length));
    expect(distinct.length - numbers('first', before).length).toBeGreaterThan(9 * 20);
    expect(arrived.length - distinct.length).toBeLessThanOrEqual(50);
    const again = numbers('first', collector.spanNames);
    expect(again).toEqual(sorted(again));
    expect(sorted(numbers('second', collector.spanNames))).toEqual(upTo(100));
    expect(parcels()).toEqual([]);
    expect(warnings(ended)).toEqual([
      expect.stringMatching(/was sent what an earlier process had left in the spool: \d+ spans$/),
    ]);
  });

  it('counts exactly what is lost without one, and says two sentences', async () => {
    const options = environment({ OTEL_BSP_MAX_QUEUE_SIZE: '16', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '16' });
    await using child = new Child(steady('only', 3000), options);
    while (collector.spans.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = collector.spanNames.length;
    await collector.close();
    await child.says('made 2');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    collector = new Collector();
    await collector.listen(port);
    const ended = await child.ended();
    const said = warnings(ended);
    expect(said).toEqual([
      expect.stringMatching(/^annotel: cannot export traces to .* \(ECONN\w+\): all telemetry is held in memory/),
      expect.stringMatching(/answers again; delivered late: \d+ spans; dropped: \d+ spans$/),
    ]);
    const dropped = Number(/dropped: (\d+)/.exec(said[1] ?? '')?.[1]);
    expect(dropped).toBeGreaterThan(0);
    expect(before + collector.spanNames.length + dropped).toBe(3000);
  });

  it('is asked less and less often', async () => {
    const asked: number[] = [];
    collector.answer = (_request, response) => {
      asked.push(performance.now());
      response.writeHead(503).end();
    };
    await using child = new Child(steady('only', 1e6), environment());
    while (asked.length < 6) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    // Each grows by half, give or take a fifth: the next but one is longer in any case.
    for (const [index, pause] of pauses.slice(2).entries()) expect(pause).toBeGreaterThan(pauses[index] ?? 0);
  });

  it('leaves what a process cannot send before its end to the next one', async () => {
    await collector.close();
    const ended = await run(steady('first', 120), environment({ ANNOTEL_SPOOL_DIR: dir }));
    expect(warnings(ended)).toEqual([expect.stringMatching(/120 spans left in the spool for the next start/)]);
    collector = new Collector();
    await collector.listen(port);
    await run(steady('second', 10), environment({ ANNOTEL_SPOOL_DIR: dir }));
    expect(numbers('first', collector.spanNames)).toEqual(upTo(120));
    expect(numbers('second', collector.spanNames)).toEqual(upTo(10));
  });

  it('loses nothing of two processes that share a spool', async () => {
    await collector.close();
    const options = environment({ ANNOTEL_SPOOL_DIR: dir });
    await Promise.all([run(steady('one', 60), options), run(steady('other', 60), options)]);
    collector = new Collector();
    await collector.listen(port);
    await Promise.all([run(steady('three', 300), options), run(steady('four', 300), options)]);
    for (const [name, count] of [
      ['one', 60],
      ['other', 60],
      ['three', 300],
      ['four', 300],
    ] as const) {
      expect(sorted(numbers(name, collector.spanNames))).toEqual(upTo(count));
    }
  });
});
