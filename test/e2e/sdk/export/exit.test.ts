import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { receiveOtlp } from '../../../support/mock-otlp-server.js';
import { Child, run, warnings } from '../../../support/sdk-child.js';
import { accepts, Collector, hangs, refusingUrl, unavailable } from '../../../support/sdk-collector.js';

jest.setTimeout(60_000);

const REGISTER = ['--import', 'annotel/register'];

describe('what is exported while a process exits', () => {
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

  it.each<[string, string[], number, string[]]>([
    ['exit listener', [], 3, ['in listener', 'work']],
    ['exit in listener', [], 4, ['work']],
    ['exit code', [], 6, ['work']],
    ['uncaught listener', [], 0, ['after', 'work']],
    ['rejection', ['--unhandled-rejections=strict'], 1, ['work']],
    ['rejection', ['--unhandled-rejections=warn'], 0, ['work']],
    ['rejection', ['--unhandled-rejections=none'], 0, ['work']],
    ['worker', [], 0, ['work', 'work']],
    ['cluster', [], 0, ['work', 'work']],
  ])('arrive once, and nothing else differs: %s %j', async (how, flags, code, names) => {
    const bare = await run([...flags, 'endings.mjs', how]);
    const ended = await run([...REGISTER, ...flags, 'endings.mjs', how], environment());
    const ids = (text: string) => text.replaceAll(/\(node:\d+\)/g, '(node:1)');
    expect(ended).toMatchObject({ code, signal: null, stdout: bare.stdout });
    expect(ids(ended.stderr)).toBe(ids(bare.stderr));
    expect(bare.code).toBe(code);
    expect(collector.spanNames.sort()).toEqual(names);
  });

  it('arrive by gRPC', async () => {
    const receiver = await receiveOtlp('grpc');
    const grpc = {
      ...environment(),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    };
    await run([...REGISTER, 'exits.mjs'], grpc);
    await receiver.close();
    expect(receiver.spans.map(({ name }) => name)).toEqual(['work']);
    expect(receiver.logs.map(({ name }) => name)).toEqual(['worked']);
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
      expect.stringMatching(/ended before 2 items \(spans, log records, data points\) could be sent to http:/),
    ]);
  });

  it('are missed where they would have gone, also where that is no URL', async () => {
    const target = (await refusingUrl()).replace('http://', '').replace(/\/$/, '');
    const ended = await run([...REGISTER, 'exits.mjs'], {
      ...environment(),
      OTEL_EXPORTER_OTLP_ENDPOINT: target,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    expect(ended.code).toBe(3);
    expect(warnings(ended)).toEqual([expect.stringContaining(`could be sent to ${target}`)]);
  });

  it('reach the destination that answers beside one that hangs', async () => {
    collector.answer = (request, response) => (request.url === '/v1/logs' ? hangs : accepts)(request, response);
    const ended = await run([...REGISTER, 'exits.mjs'], environment());
    expect(collector.spanNames).toEqual(['work']);
    expect(warnings(ended)).toEqual([expect.stringContaining('ended before 1 items')]);
  });

  it('are not needed for what was flushed: the process may freeze or be killed', async () => {
    const sampled = { ...environment(), OTEL_TRACES_SAMPLER: 'always_off', ANNOTEL_KEEP: 'slower-than=0.0001ms' };
    await using child = new Child([...REGISTER, 'endings.mjs', 'flush'], sampled);
    await child.says('flushed');
    child.kill('SIGKILL');
    await child.ended();
    expect(collector.spanNames).toEqual(['work']);
  });
});
