import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run, warnings } from '../support/sdk-child.js';
import { Collector, hangs, refusingUrl, unavailable } from '../support/sdk-collector.js';

jest.setTimeout(60_000);

const REGISTER = ['--import', 'annotel/register'];

describe('the last words of a process', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await Collector.start();
  });
  afterEach(async () => {
    await collector.close();
  });

  const environment = () => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k-1',
    OTEL_METRICS_EXPORTER: 'none',
  });

  it.each([
    ['exit', 3],
    ['throw', 1],
    ['reject', 1],
  ])('arrive where it ends by %s, which stays as it was', async (how, code) => {
    const bare = await run(['exits.mjs', how]);
    const ended = await run([...REGISTER, 'exits.mjs', how], environment());
    expect(ended).toMatchObject({ code, signal: null, stdout: bare.stdout, stderr: bare.stderr });
    expect(collector.spanNames).toEqual(['work']);
    expect(collector.logBodies).toEqual(['worked']);
    expect(collector.requests.map(({ headers }) => headers['api-key'])).toEqual(['k-1', 'k-1']);
  });

  it('are the trace that a rule keeps, too', async () => {
    const sampled = { ...environment(), OTEL_TRACES_SAMPLER: 'always_off', ANNOTEL_KEEP: 'slower-than=0.0001ms' };
    await run([...REGISTER, 'exits.mjs'], sampled);
    expect(collector.spanNames).toEqual(['work']);
  });

  it.each([
    ['refuses', () => refusingUrl()],
    ['answers 503', () => collector.url],
    ['hangs', () => collector.url],
  ])('end in bounded time where the collector %s, and say what is lost', async (how, url) => {
    collector.answer = how === 'hangs' ? hangs : unavailable;
    const ended = await run([...REGISTER, 'exits.mjs'], {
      ...environment(),
      OTEL_EXPORTER_OTLP_ENDPOINT: await url(),
    });
    expect(ended.code).toBe(3);
    expect(ended.took).toBeLessThan(30_000);
    expect(warnings(ended)).toEqual([
      expect.stringMatching(/ended before 2 spans, log records and metrics could be sent/),
    ]);
  });
});
