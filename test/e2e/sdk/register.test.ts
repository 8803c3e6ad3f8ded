import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Ended, run, warnings } from '../../support/sdk-child.js';
import { attributesOf, Collector, type OtlpSpan } from '../../support/sdk-collector.js';

jest.setTimeout(60_000);

const SERVER = 2;
const CLIENT = 3;

describe('annotel/register', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await Collector.start();
  });
  afterEach(async () => {
    await collector.close();
  });

  const sending = (environment: Record<string, string> = {}) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...environment,
  });
  const named = (name: string): OtlpSpan => {
    const span = collector.spans.find((candidate) => candidate.name === name);
    if (span === undefined) throw new Error(`no span ${name} among ${collector.spanNames}`);
    return span;
  };
  const childrenOf = (name: string) => {
    const { spanId } = named(name);
    return collector.spans.filter(({ parentSpanId }) => parentSpanId === spanId).map((child) => child.name);
  };
  const answered = (ended: Ended, text: string) => {
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(text), stderr: '' });
  };

  it.each([
    ['--import, ES modules', ['--import', 'annotel/register', 'work.mjs'], {}],
    ['--import, CommonJS', ['--import', 'annotel/register', 'work.cjs'], {}],
    ['-r, CommonJS', ['-r', 'annotel/register', 'work.cjs'], {}],
    ['-r, ES modules', ['-r', 'annotel/register', 'work.mjs'], {}],
    ['NODE_OPTIONS', ['work.mjs'], { NODE_OPTIONS: '--import annotel/register' }],
    [
      'twice',
      ['--import', 'annotel/register', '-r', 'annotel/register', 'work.mjs'],
      { NODE_OPTIONS: '--import annotel/register' },
    ],
  ])('starts telemetry: %s', async (_how, args, environment) => {
    answered(await run(args, sending(environment)), 'answer 42\n');
    expect(collector.spanNames).toEqual(['work']);
    expect(collector.metricNames).toContain('app.count');
    expect(collector.logBodies).toEqual(['worked', 'answer 42']);
  });

  it('patches what the app imports an instrumentation of beside it', async () => {
    const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    answered(await run(['beside.mjs'], { ...off, ANNOTEL_CONSOLE: 'off' }), 'HttpInstrumentation true\n');
  });

  it('prints trees where nothing is configured, beside what the program prints, and says so once', async () => {
    const ended = await run(['--import', 'annotel/register', 'work.mjs']);
    expect(ended.stdout).toBe('answer 42\n');
    expect(ended.stderr).toMatch(
      /^annotel: nothing is configured to export.*\ntrace [0-9a-f]{32}\nwork {2}\S+ (µs|ms)\n$/,
    );
  });

  it('is silent and without effect with OTEL_SDK_DISABLED=true', async () => {
    answered(
      await run(['--import', 'annotel/register', 'express.mjs'], sending({ OTEL_SDK_DISABLED: 'true' })),
      '{"id":"7"}',
    );
    expect(collector.requests).toEqual([]);
  });

  it.each(['express.mjs', 'express.cjs'])('traces http, express and fetch: %s', async (app) => {
    answered(await run(['--import', 'annotel/register', app], sending()), '{"id":"7"}');
    const server = named('GET /cats/:id');
    expect(server.kind).toBe(SERVER);
    expect(attributesOf(server)).toMatchObject({ 'http.route': '/cats/:id', 'http.response.status_code': 200 });
    // One by fetch and one by node:http; both reach the same app, in the same trace.
    expect(childrenOf('GET /cats/:id')).toEqual(['GET', 'GET']);
    const plain = collector.spans.filter(({ name }) => name === 'GET /plain');
    expect(plain.map(({ traceId }) => traceId)).toEqual([server.traceId, server.traceId]);
    // Requests outside of any trace, as those of the app to itself, make no spans; nor do the exporters'.
    const clients = collector.spans.filter(({ kind }) => kind === CLIENT);
    expect(clients).toHaveLength(2);
    expect(collector.metricNames).toContain('http.server.request.duration');
  });

  it('counts none of its own requests among those of the app', async () => {
    await run(
      ['--import', 'annotel/register', 'work.mjs', '300'],
      sending({ OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_METRIC_EXPORT_INTERVAL: '100' }),
    );
    expect(collector.metricNames).not.toContain('http.client.request.duration');
    expect(new Set(collector.spanNames)).toEqual(new Set(['work']));
  });

  it('leaves alone what is disabled', async () => {
    await run(
      ['--import', 'annotel/register', 'express.mjs'],
      sending({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express,undici' }),
    );
    const server = collector.spans.find((span) => attributesOf(span)['url.path'] === '/cats/7');
    expect(server?.name).toBe('GET');
    expect(collector.spans.filter(({ kind }) => kind === CLIENT)).toHaveLength(1);
  });

  it('traces fastify, with the route in the name', async () => {
    answered(await run(['--import', 'annotel/register', 'fastify.mjs'], sending()), '{"id":"7"}');
    expect(attributesOf(named('GET /api/cats/:id'))).toMatchObject({ 'http.route': '/api/cats/:id' });
    expect(childrenOf('GET /api/cats/:id')).toEqual(['feed']);
    expect(attributesOf(named('GET /api/broken'))).toMatchObject({ 'http.response.status_code': 500 });
    const nowhere = collector.spans.find((span) => attributesOf(span)['url.path'] === '/nowhere');
    expect(nowhere?.name).toBe('GET');
    expect(attributesOf(nowhere)).not.toHaveProperty(['http.route']);
  });

  it('traces pg, inside of a trace only', async () => {
    answered(await run(['--import', 'annotel/register', 'pg.mjs'], sending()), 'answer 42');
    expect(collector.spanNames.sort()).toEqual(['ask', 'pg.query:SELECT postgres']);
    expect(childrenOf('ask')).toEqual(['pg.query:SELECT postgres']);
    expect(attributesOf(named('pg.query:SELECT postgres'))).toMatchObject({
      'db.query.text': 'SELECT $1::int AS answer',
    });
  });

  it('traces redis and ioredis, inside of a trace only', async () => {
    answered(await run(['--import', 'annotel/register', 'redis.mjs'], sending()), '42 42');
    expect(childrenOf('ask').sort()).toEqual(['get', 'redis-GET']);
    expect(collector.spanNames.filter((name) => /get/i.test(name))).toHaveLength(2);
  });

  it.each([[['--import', 'annotel/register', 'express.mjs']], [['-r', 'annotel/register', 'express.cjs']]])(
    'works with the module hooks of an older Node: %j',
    async (args) => {
      const ended = await run(['-r', './old-node.cjs', ...args], sending());
      expect(ended).toMatchObject({ code: 0, stdout: '{"id":"7"}\n' });
      expect(collector.spanNames).toContain('GET /cats/:id');
    },
  );

  it('works in a worker thread too', async () => {
    const main = 'new (require("node:worker_threads").Worker)("./work.cjs")';
    const ended = await run(['-e', main], sending({ NODE_OPTIONS: '--import annotel/register' }));
    expect(ended).toMatchObject({ code: 0, stdout: 'answer 42\n' });
    expect(collector.spanNames).toEqual(['work']);
  });

  describe('in its place startTelemetry in code', () => {
    it('takes hold of node:http that was loaded before', async () => {
      answered(await run(['late.mjs'], sending()), 'flushed');
      const client = collector.spans.find(({ kind }) => kind === CLIENT);
      const server = collector.spans.find(({ kind }) => kind === SERVER);
      expect(client?.parentSpanId).toBe(named('outer').spanId);
      expect(server?.parentSpanId).toBe(client?.spanId);
      expect(collector.resource).toMatchObject({ 'service.name': 'late' });
    });

    it('puts patches in place and takes them away as often as asked', async () => {
      answered(await run(['restart.mjs'], sending()), 'done');
      expect(collector.spans.map((span) => attributesOf(span)['url.path'])).toEqual(['/first', '/second']);
    });

    it('wakes tracers that CommonJS took before', async () => {
      answered(await run(['late.cjs'], sending()), 'flushed');
      expect(collector.spanNames).toEqual(['early']);
      expect(collector.logBodies).toEqual(['late', 'flushed']);
    });
  });

  it('starts nothing beside another SDK, and says so', async () => {
    const ended = await run(['-r', './other-sdk.cjs', '--import', 'annotel/register', 'work.mjs'], sending());
    expect(ended).toMatchObject({ code: 0, stdout: 'answer 42\n' });
    expect(warnings(ended)).toEqual([
      expect.stringMatching(/another OpenTelemetry SDK is registered already \(trace; API 1\.10/),
    ]);
    expect(collector.requests).toEqual([]);
  });
});
