import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { logRecords } from '../../../support/log-records.js';
import { run } from '../../../support/sdk-child.js';
import { Collector } from '../../../support/sdk-collector.js';

jest.setTimeout(60_000);

const PINO = '@opentelemetry/instrumentation-pino';

describe('Records of logging libraries', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await Collector.start();
  });
  afterEach(async () => {
    await collector.close();
  });

  const alone = (args: string[], environment: Record<string, string> = {}) =>
    run(args, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...environment,
    });
  const started = (args: string[], environment: Record<string, string> = {}) =>
    alone(['--import', 'annotel/register', ...args], environment);
  const ids = () => `${collector.spans[0]?.traceId}/${collector.spans[0]?.spanId}`;
  const records = () => logRecords(collector);
  /** The JSON lines that the library itself has written: message, and the ids beside it. */
  const lines = (stdout: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg?: string; message?: string; trace_id?: string; span_id?: string })
      .map(({ msg, message, trace_id, span_id }) => [msg ?? message, trace_id && `${trace_id}/${span_id}`])
      .sort();
  const refused = {
    'exception.type': 'CardError',
    'exception.message': 'refused',
    'exception.stacktrace': expect.stringContaining('-lines.cjs:'),
  };
  const old = ['-r', './old-node.cjs'];

  it.each([[['pino.mjs']], [['pino.cjs']], [[...old, 'pino.mjs']]])('of pino: %j', async (args) => {
    const { code, stdout, stderr } = await started(args);
    const own = { build: 7 };
    expect(records()).toEqual([
      { scope: PINO, severity: 9, level: 'info', body: 'outside', ids: undefined, attributes: own },
      { scope: PINO, severity: 1, level: 'trace', body: 'fine', ids: ids(), attributes: own },
      {
        scope: PINO,
        severity: 13,
        level: 'warn',
        body: 'careful now',
        ids: ids(),
        attributes: { ...own, order: 7, password: '[Redacted]' },
      },
      { scope: PINO, severity: 11, level: 'audit', body: 'audited', ids: ids(), attributes: own },
      {
        scope: PINO,
        severity: 17,
        level: 'error',
        body: 'cannot charge',
        ids: ids(),
        attributes: { ...own, part: 'cards', ...refused },
      },
      { scope: PINO, severity: 21, level: 'fatal', body: 'gone', ids: ids(), attributes: { name: 'billing' } },
    ]);
    expect(lines(stdout)).toEqual([
      ['audited', ids()],
      ['cannot charge', ids()],
      ['careful now', ids()],
      ['fine', ids()],
      ['gone', ids()],
      ['outside', undefined],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: args.length > 1 ? stderr : '' });
  });

  it('of pino with a transport in a thread, which can be flushed as before', async () => {
    const { signal, stdout } = await started(['pino-worker.mjs']);
    expect(signal).toBe('SIGTERM');
    expect(lines(stdout)).toEqual([['from afar', ids()]]);
    expect(records()).toMatchObject([{ scope: PINO, severity: 9, body: 'from afar', ids: ids() }]);
  });

  it.each([[['winston.mjs']], [['winston.cjs']], [[...old, 'winston.mjs']]])('of winston: %j', async (args) => {
    const { code, stdout, stderr } = await started(args);
    const scope = 'winston';
    const error = { scope, severity: 17, level: 'error' };
    const info = { scope, severity: 9, level: 'info' };
    const twice = { ...refused, 'exception.message': 'twice', service: 'billing' };
    const debit = { values: [{ key: 'debit', value: { intValue: 1 } }] };
    expect(records()).toEqual([
      { ...info, body: 'outside', ids: undefined, attributes: {} },
      { scope, severity: 13, level: 'warn', body: 'careful now', ids: ids(), attributes: { order: 7 } },
      { ...error, body: 'cannot charge refused', ids: ids(), attributes: { part: 'cards', ...refused } },
      { ...error, body: 'twice', ids: ids(), attributes: twice },
      { ...info, body: 'booked', ids: ids(), attributes: { service: 'billing', chapter: 2, lines: debit } },
      { scope, severity: 21, level: 'crit', body: 'gone', ids: ids(), attributes: {} },
      { ...info, body: 'said', ids: ids(), attributes: { trace_id: 'of the app' } },
      { ...error, body: 'twice', ids: undefined, attributes: twice },
    ]);
    expect(lines(stdout)).toEqual([
      [undefined, undefined],
      ['cannot charge refused', ids()],
      ['careful now', ids()],
      ['gone', ids()],
      ['outside', undefined],
      ['said', 'of the app/undefined'],
    ]);
    const [traceId, spanId] = ids().split('/');
    for (const text of ['twice', 'booked']) {
      const line = stdout.split('\n').find((candidate) => candidate.includes(`: \u001b[3`) && candidate.includes(text));
      expect(line).toContain(`"trace_id":"${traceId}"`);
      expect(line).toContain(`"span_id":"${spanId}"`);
    }
    expect({ code, stderr }).toEqual({ code: 0, stderr: args.length > 1 ? stderr : '' });
  });

  it('of the console', async () => {
    const { code, stdout, stderr } = await started(['console.mjs']);
    const scope = 'console';
    const info = { scope, severity: 9, level: 'INFO', ids: ids(), attributes: {} };
    const stack = expect.stringMatching(/^Error: refused\n {4}at .*console\.mjs/);
    expect(records()).toEqual([
      { ...info, body: 'outside', ids: undefined },
      { ...info, body: 'plain' },
      { ...info, body: 'one of 3' },
      { ...info, body: 'several 7 { nested: [ 1 ] }' },
      { ...info, severity: 5, level: 'DEBUG', body: '100%' },
      { ...info, severity: 13, level: 'WARN', body: '50% of it %s' },
      {
        ...info,
        severity: 17,
        level: 'ERROR',
        body: expect.stringMatching(/^failed: CardError: refused\n/),
        attributes: { ...refused, 'exception.stacktrace': stack },
      },
      { ...info, severity: 1, level: 'TRACE', body: 'here' },
      { ...info, body: '{"level":"info"}' },
      { ...info, body: '[1,2]' },
      { ...info, body: '{ order: 7 }' },
      { ...info, body: 'red' },
      { ...info, body: '1,apple,0.30' },
      { ...info, body: 'tsv\t5' },
      { ...info, body: 'one\ntwo' },
      { ...info, body: expect.stringContaining('(index)') },
    ]);
    const without = await run(['console.mjs']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: without.stdout, stderr: without.stderr });
  });

  it.each([[[]], [['--import', 'annotel/register']]])('of libraries that know only api-logs: %j', async (args) => {
    const { stdout, stderr } = await alone([...args, 'api-logs.cjs']);
    expect(records()).toEqual([
      { scope: 'early', severity: 9, level: 'INFO', body: 'from before', ids: ids(), attributes: {} },
      { scope: 'late', severity: 13, level: 'WARN', body: 'from after', ids: ids(), attributes: {} },
    ]);
    expect({ stdout, stderr }).toEqual({ stdout: 'ProxyLoggerProvider\n', stderr: '' });
  });

  it('come as often as telemetry is started', async () => {
    const { stdout } = await alone(['restart-logs.cjs']);
    expect(stdout.match(/\w+$/gm)).toEqual(['first', 'between', 'second', 'after'].flatMap((phase) => [phase, phase]));
    expect(records().map(({ scope, body }) => `${scope} ${body}`)).toEqual([
      'winston first',
      'console first',
      'winston second',
      'console second',
    ]);
  });

  it('stay at home where none are exported; the ids are there all the same', async () => {
    const nowhere = { OTEL_LOGS_EXPORTER: 'none' };
    const [console, pino, winston] = await Promise.all(
      ['console.mjs', 'pino.mjs', 'winston.mjs'].map((app) => started([app], nowhere)),
    );
    expect(collector.requests.map(({ path }) => path)).not.toContain('/v1/logs');
    expect(console?.stdout).toMatch(/^outside\nplain\n/);
    const traces = collector.spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`);
    for (const library of [pino, winston]) {
      const [, written] = lines(library?.stdout ?? '').find(([message]) => message === 'careful now') ?? [];
      expect(traces).toContain(written);
    }
  });

  it('stay at home where their library is disabled', async () => {
    const disabled = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'console,pino,winston' };
    const [console, pino, winston] = await Promise.all(
      ['console.mjs', 'pino.mjs', 'winston.mjs'].map((app) => started([app], disabled)),
    );
    expect(records()).toEqual([]);
    expect(console?.stdout).toMatch(/^outside\nplain\n/);
    expect(pino?.stdout).not.toContain('trace_id');
    expect(winston?.stdout.replace('"trace_id":"of the app"', '')).not.toContain('trace_id');
  });

  it('are exported by logger and level', async () => {
    const levels = { ANNOTEL_LOG_LEVELS: 'pino=error,b*=debug,bill*=off,winston=warn,console=fatal' };
    await started(['pino.mjs'], levels);
    await started(['winston.mjs'], levels);
    await started(['console.mjs'], levels);
    const bodies = records().map(({ body }) => body);
    expect(bodies).toEqual(['cannot charge', 'careful now', 'cannot charge refused', 'gone']);
  });
});
