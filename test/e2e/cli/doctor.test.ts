import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { annotel, DoctorApp, type Files } from '../../support/doctor-app.js';
import { Collector, refusingUrl } from '../../support/sdk-collector.js';

jest.setTimeout(60_000);

const ROOT = join(import.meta.dirname, '../../..');
const APPS = join(ROOT, 'test', 'support', 'sdk-apps');

describe('annotel doctor', () => {
  let app: DoctorApp;
  const closing: (() => unknown)[] = [];

  beforeEach(() => {
    app = new DoctorApp();
    app.link('annotel');
    app.write({
      'package.json': {
        name: 'shop',
        version: '1.2.3',
        type: 'module',
        scripts: { start: 'node --import annotel/register main.js' },
        dependencies: { annotel: '*' },
      },
    });
  });

  afterEach(async () => {
    app.remove();
    for (const close of closing.splice(0)) await close();
  });

  /** What one check says, and the exit code. */
  const said = async (check: string, environment: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await annotel(['doctor', '--json', '--timeout', '3000'], app.folder, environment);
    expect(stderr).toBe('');
    type Finding = { level: string; text: string; mend?: string };
    const report = JSON.parse(stdout) as { findings: Record<string, Finding[]>; problems: number };
    return { code, findings: report.findings[check] ?? [] };
  };
  const collector = async () => {
    const started = await Collector.start();
    closing.push(() => started.close());
    return started;
  };
  const server = async (listener: Parameters<typeof createServer>[1]): Promise<string> => {
    const started: Server = createServer(listener as never);
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    closing.push(() => started.close());
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  };

  it('finds nothing wrong with an app in order, and ends with 0', async () => {
    const { url } = await collector();
    const { code, stdout, stderr } = await annotel(['doctor', '--all'], app.folder, {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
    });
    expect(stderr).toBe('');
    expect(stdout).not.toContain('✗');
    expect(stdout).toMatch(new RegExp(`✓ endpoints: traces: http/protobuf ${url}/v1/traces takes them`));
    expect(stdout).toMatch(/✓ endpoints: the clock agrees/);
    expect(stdout).toMatch(/^telemetry of shop 1\.2\.3 will be sent: /);
    expect(stdout).toMatch(/nothing is wrong; \d+ things are in order .*\n$/);
    expect(code).toBe(0);
  });

  it('tells each value in force and where it comes from, and no secret', async () => {
    const { url } = await collector();
    const { stdout } = await annotel(['doctor', '--all'], app.folder, {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cr3t,x-team=t34m',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      ANNOTEL_KEEP: 'errors,slower-than=5s',
      ANNOTEL_SEMCONV: '1.30',
      APP_ENV: 'staging',
    });
    const lines = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '));
    expect(lines).toEqual(
      expect.arrayContaining([
        'service shop 1.2.3 (package.json)',
        'environment staging (APP_ENV)',
        `logs http/protobuf ${url}/v1/logs (OTEL_EXPORTER_OTLP_ENDPOINT)`,
        'headers api-key, x-team (OTEL_EXPORTER_OTLP_HEADERS)',
        'sampler parentbased_traceidratio 0.1 (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG)',
        'kept in any case errors, slower than 5000 ms (ANNOTEL_KEEP)',
        'GenAI names 1.41 (default, as ANNOTEL_SEMCONV is not understood)',
        'currency USD (default)',
      ]),
    );
    expect(stdout).not.toMatch(/s3cr3t|t34m/);
  });

  it('shows what every variable of annotel has decided', async () => {
    const variables: Record<string, string> = {
      ANNOTEL_CONSOLE: 'off',
      ANNOTEL_CONTENT: 'hash',
      ANNOTEL_CONTENT_FIELDS: 'input',
      ANNOTEL_CONTENT_KEY: 's3cr3t',
      ANNOTEL_CURRENCY: 'EUR',
      ANNOTEL_CURRENCY_RATE: '0.9',
      ANNOTEL_DROP_ATTRIBUTES: 'db.query.text',
      ANNOTEL_ESTIMATE_TOKENS: 'false',
      ANNOTEL_HANDLE_KEY: 's3cr3t',
      ANNOTEL_KEEP: 'errors',
      ANNOTEL_LOG_LEVELS: '*=warn',
      ANNOTEL_METRIC_CONTEXT: 'tenant',
      ANNOTEL_PRICES: join(app.folder, 'prices.json'),
      ANNOTEL_PROPAGATE_CONTEXT: '*.internal',
      ANNOTEL_REDACT: 'email',
      ANNOTEL_SEMCONV: 'both',
      ANNOTEL_SPOOL_DIR: join(app.folder, 'spool'),
      ANNOTEL_TRACES_PER_SECOND: '20',
    };
    app.write({ 'prices.json': { m: { input: 1 } } });
    const { stdout } = await annotel(['doctor', '--json'], app.folder, variables);
    const { settings } = JSON.parse(stdout) as { settings: { name: string; value: string; source: string }[] };
    const sources = settings.flatMap(({ source }) => source.split(', '));
    expect(Object.keys(variables).filter((name) => !sources.includes(name))).toEqual([]);
    const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      sampler: 'adaptive, about 20 traces a second',
      'log levels': '*=warn',
      'form of them': 'hash with a key',
      currency: 'EUR, 0.9 for 1 USD',
      'own prices': `1, of ${join(app.folder, 'prices.json')}`,
      spool: join(app.folder, 'spool'),
    });
    expect(stdout).not.toContain('s3cr3t');
  });

  it('tells a value that is understood in part from one that is not', async () => {
    const { stdout } = await annotel(['doctor', '--json'], app.folder, {
      ANNOTEL_KEEP: 'errors,eror',
      ANNOTEL_TRACES_PER_SECOND: 'some',
      OTEL_TRACES_EXPORTER: 'console,nothing',
    });
    const { settings } = JSON.parse(stdout) as { settings: { name: string; source: string }[] };
    expect(Object.fromEntries(settings.map(({ name, source }) => [name, source]))).toMatchObject({
      'kept in any case': 'ANNOTEL_KEEP in part',
      sampler: 'default, as ANNOTEL_TRACES_PER_SECOND is not understood',
      traces: 'OTEL_TRACES_EXPORTER in part',
    });
  });

  describe('finds why nothing arrives:', () => {
    it.each<[string, string, Record<string, string>, RegExp]>([
      ['telemetry is disabled', 'variables', { OTEL_SDK_DISABLED: 'true' }, /OTEL_SDK_DISABLED=true starts nothing/],
      ['a variable is not understood', 'variables', { ANNOTEL_KEEP: 'eror' }, /ANNOTEL_KEEP="eror" is not understood/],
      [
        'a variable is misspelt',
        'variables',
        { ANNOTEL_KEP: 'errors' },
        /ANNOTEL_KEP is no known variable .* ANNOTEL_KEEP/,
      ],
      ['the sampler lets nothing out', 'variables', { OTEL_TRACES_SAMPLER: 'always_off' }, /lets no trace out/],
      [
        'a ratio of 0',
        'variables',
        { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
        /lets no trace out/,
      ],
      [
        'a header without a name',
        'variables',
        { OTEL_EXPORTER_OTLP_HEADERS: 'k3y' },
        /OTEL_EXPORTER_OTLP_HEADERS: entry 1 of 1 is left out, as it has no =/,
      ],
      [
        'the port of the other protocol',
        'variables',
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' },
        /4317 is the port of gRPC/,
      ],
      [
        'another SDK registers first',
        'other SDKs',
        { NODE_OPTIONS: `--require ${join(APPS, 'other-sdk.cjs')}` },
        /registers an OpenTelemetry SDK of its own/,
      ],
      [
        'another version of the API was first',
        'other SDKs',
        { NODE_OPTIONS: `--require ${join(APPS, 'old-api.cjs')}` },
        /uses @opentelemetry\/api 1\.9\.\d+ before annotel/,
      ],
      [
        'the exporter of Azure is not installed',
        'optional packages',
        {
          APPLICATIONINSIGHTS_CONNECTION_STRING:
            'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://127.0.0.1:1',
        },
        /monitor-opentelemetry-exporter is not installed/,
      ],
      [
        'a detector is not installed',
        'optional packages',
        { OTEL_NODE_RESOURCE_DETECTORS: 'gcp' },
        /resource-detector-gcp is asked for/,
      ],
    ])('%s', async (_what, check, environment, expected) => {
      const { code, findings } = await said(check, environment);
      const problems = findings.filter(({ level }) => level === 'problem');
      expect(problems.map(({ text }) => text)).toEqual([expect.stringMatching(expected)]);
      expect(code).toBe(1);
    });

    it('nothing is configured', async () => {
      const { code, findings } = await said('variables');
      expect(findings).toEqual([
        expect.objectContaining({ level: 'warning', text: expect.stringMatching(/nothing is configured to export/) }),
      ]);
      expect(code).toBe(0);
    });

    const ANSWERS: [string, number, RegExp][] = [
      ['the credentials are wrong', 401, /refuses the credentials: OTEL_EXPORTER_OTLP_HEADERS/],
      ['the path is wrong', 404, /no OTLP at this path/],
      ['the protocol is wrong', 415, /does not understand this protocol/],
    ];
    it.each(ANSWERS)('%s', async (_what, status, mend) => {
      const url = await server((_request, response) => response.writeHead(status).end());
      const { code, findings } = await said('endpoints', { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      const problems = findings.filter(({ level }) => level === 'problem');
      expect(problems.map((finding) => finding.mend)).toEqual([expect.stringMatching(mend)]);
      expect(problems[0]?.text).toMatch(/^traces, metrics, logs: http\/protobuf /);
      expect(code).toBe(1);
    });

    it('a web page answers', async () => {
      const url = await server((_request, response) => response.setHeader('content-type', 'text/html').end('<html>'));
      const { code, findings } = await said('endpoints', { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect(findings[0]).toMatchObject({ level: 'problem', mend: expect.stringMatching(/port of a user interface/) });
      expect(code).toBe(1);
    });

    it('nothing listens', async () => {
      const { code, findings } = await said('endpoints', {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${await refusingUrl()}/v1/traces`,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      expect(findings[0]).toMatchObject({
        level: 'problem',
        text: expect.stringMatching(/ECONNREFUSED/),
        mend: expect.stringMatching(/nothing listens there/),
      });
      expect(code).toBe(1);
    });

    it('nobody answers', async () => {
      const url = await server(() => {});
      const { findings } = await said('endpoints', {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      expect(findings[0]).toMatchObject({ level: 'problem', mend: expect.stringMatching(/firewall/) });
    });

    it('gRPC is spoken to HTTP', async () => {
      const { url } = await collector();
      const { findings } = await said('endpoints', {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      expect(findings[0]).toMatchObject({ level: 'problem', mend: expect.stringMatching(/another protocol/) });
    });

    it('the clock is wrong', async () => {
      const url = await server((_request, response) => {
        response.writeHead(200, { date: new Date(Date.now() - 600_000).toUTCString() }).end();
      });
      const { code, findings } = await said('endpoints', { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect(findings.at(-1)).toMatchObject({
        level: 'problem',
        text: expect.stringMatching(/clock .* (599|60\d) s ahead of/),
      });
      expect(code).toBe(1);
    });

    it('the port for Prometheus is taken', async () => {
      const url = await server((_request, response) => response.end('hello'));
      const { findings } = await said('endpoints', {
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_EXPORTER_PROMETHEUS_PORT: new URL(url).port,
      });
      expect(findings[0]).toMatchObject({ level: 'problem', text: expect.stringMatching(/something else serves/) });
    });

    it('nothing loads annotel before the app', async () => {
      app.write({ 'package.json': { name: 'shop', scripts: { start: 'node main.js' } } });
      expect((await said('start')).findings).toEqual([
        expect.objectContaining({
          level: 'warning',
          mend: expect.stringMatching(/node --import annotel\/register main\.js/),
        }),
      ]);
      app.write({ Dockerfile: 'CMD ["node", "--import", "annotel/register", "main.js"]' });
      expect((await said('start')).findings).toEqual([expect.objectContaining({ level: 'ok' })]);
    });

    it.each<[string, object, boolean, string, RegExp]>([
      ['legacy decorators are off in a Nest app', {}, true, 'problem', /Nest needs legacy decorators/],
      ['metadata is off in a Nest app', { experimentalDecorators: true }, true, 'warning', /metadata, which is off/],
      ['legacy', { experimentalDecorators: true, emitDecoratorMetadata: true }, true, 'ok', /legacy decorators/],
      ['standard', {}, false, 'ok', /standard decorators/],
    ])('decorators: %s', async (_what, compilerOptions, isNest, level, text) => {
      if (isNest) app.install({ '@nestjs/core': '12.0.0' });
      app.write({
        'tsconfig.base.json': { compilerOptions },
        'tsconfig.json': '{\n  // with a comment, and a comma too many\n  "extends": "./tsconfig.base.json",\n}',
      });
      expect((await said('decorators')).findings).toEqual([
        expect.objectContaining({ level, text: expect.stringMatching(text) }),
      ]);
    });

    it('a library is not traced, imported or required', async () => {
      const names = ['pg', 'pino', 'winston', 'redis', 'ioredis', 'express'];
      const dependencies = Object.fromEntries(['annotel', ...names].map((name) => [name, '*']));
      for (const name of names) app.link(name);
      const traced = (load: string) =>
        ['express', 'pg', 'redis', 'ioredis', 'pino', 'winston'].map((name) => ({
          level: 'ok',
          text: expect.stringMatching(`^${load} '${name}' \\(.*\\) is traced with --import annotel/register$`),
        }));
      app.write({ 'package.json': { name: 'shop', type: 'module', dependencies } });
      expect((await said('libraries')).findings.slice(1)).toEqual(traced('import'));
      app.write({ 'package.json': { name: 'shop', dependencies } });
      expect((await said('libraries')).findings.slice(1)).toEqual(traced('require'));
    });

    it('a library is one of its own make', async () => {
      app.install({ pg: '8.99.0' });
      app.write({
        'package.json': { name: 'shop', type: 'module', dependencies: { annotel: '*', pg: '8' } },
        'node_modules/pg/index.js': "Object.defineProperty(exports, 'Client', { get: () => class { query() {} } });",
      });
      const { code, findings } = await said('libraries');
      expect(findings.slice(1)).toEqual([
        expect.objectContaining({
          level: 'problem',
          text: "import 'pg' (8.99.0) is not traced, though its version is one that can be",
        }),
      ]);
      expect(code).toBe(1);
    });

    it('the spool cannot be written to', async () => {
      app.write({ 'plain-file': '' });
      const dir = join(app.folder, 'plain-file', 'spool');
      expect((await said('spool', { ANNOTEL_SPOOL_DIR: dir })).findings).toEqual([
        expect.objectContaining({ level: 'problem', text: expect.stringMatching(/cannot be written to/) }),
      ]);
      mkdirSync(join(app.folder, 'spool'));
      chmodSync(join(app.folder, 'spool'), 0o700);
      app.write({ 'spool/a.corrupt': '' });
      expect((await said('spool', { ANNOTEL_SPOOL_DIR: join(app.folder, 'spool') })).findings).toEqual([
        expect.objectContaining({
          level: 'warning',
          text: expect.stringMatching(/corrupt files were set aside \(1\)/),
        }),
      ]);
    });
  });

  describe('loads no package:', () => {
    const built = join(ROOT, 'dist', 'lib', 'cli');

    it('what it is built of names none', () => {
      const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.cjs'));
      const loaded = files.flatMap((name) =>
        [...readFileSync(join(built, name), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)].map(([, of]) => of),
      );
      expect(loaded).toContain('node:fs');
      expect(loaded.filter((of) => !/^(node:|\.\.?\/|url$)/.test(of ?? ''))).toEqual([]);
    });

    it('it examines an app in which nothing of OpenTelemetry is installed', async () => {
      app.remove();
      app.write({
        'package.json': { name: 'shop', scripts: { start: 'node --import annotel/register main.js' } },
        'node_modules/@opentelemetry/api/package.json': '{ broken',
        'node_modules/@opentelemetry/api/index.js': 'throw new Error("broken");',
      });
      app.install({ express: '5.0.0' });
      cpSync(join(ROOT, 'dist'), join(app.folder, 'node_modules', 'annotel', 'dist'), { recursive: true });
      cpSync(join(ROOT, 'package.json'), join(app.folder, 'node_modules', 'annotel', 'package.json'));
      const bin = join(app.folder, 'node_modules', 'annotel', 'dist', 'lib', 'cli', 'annotel.js');
      const { code, stdout, stderr } = await annotel(
        ['doctor'],
        app.folder,
        { OTEL_TRACES_SAMPLER: 'always_off' },
        bin,
      );
      expect(stderr).toBe('');
      expect(stdout).toMatch(
        /^nothing will be recorded, because of what annotel needs, @opentelemetry\/\S+ is missing/,
      );
      expect(stdout).toMatch(/→ remove node_modules and install again/);
      expect(stdout).toMatch(/✗ variables: the sampler always_off lets no trace out/);
      expect(stdout).toMatch(
        /✗ libraries: a process with --import annotel\/register starts no telemetry: Invalid package config/,
      );
      expect(code).toBe(1);
    });
  });

  describe('does not fail', () => {
    it.each<[string, object]>([
      ['nothing', { 'package.json': 'null' }],
      [
        'other kinds of values',
        { 'package.json': { name: 1, scripts: { start: 5, a: null }, dependencies: [], workspaces: 7, jest: 3 } },
      ],
      [
        'texts in place of objects',
        { 'package.json': { scripts: 'node x', dependencies: 'annotel', workspaces: 'x', overrides: 'y' } },
      ],
      ['folders in place of files', { 'package.json/x': '', 'tsconfig.json/x': '', '.env/x': '', 'Dockerfile/x': '' }],
      [
        'configurations that are none',
        {
          'tsconfig.json': 'null',
          '.swcrc': '7',
          'nest-cli.json': '[]',
          'local.settings.json': '"a"',
          'deno.json': 'null',
        },
      ],
      ['a tsconfig.json that extends itself', { 'tsconfig.json': { extends: './tsconfig.json' } }],
      [
        'half a Dockerfile',
        { Dockerfile: 'FROM\nENTRYPOINT\nCMD [', 'compose.yaml': 'command: [', '.env': '=\n"', Procfile: ':' },
      ],
      [
        'bytes',
        {
          '.env': '\u0000\uFFFD\n',
          'src/main.ts': '\u0000`${"\'',
          'pnpm-workspace.yaml': '\t- \n',
          'ecosystem.config.js': 'script:',
        },
      ],
    ])('where there is %s', async (_what, files) => {
      app.remove();
      app.write(files as Files);
      const { code, stdout, stderr } = await annotel(['doctor', '--all'], app.folder, { NODE_ENV: '\n' });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/things are in order/);
      expect(stdout).not.toMatch(/could not look at/);
      expect([0, 1]).toContain(code);
    });

    it('as a whole where one check does', async () => {
      // A certificate that is a folder cannot be read when an endpoint is asked.
      const { findings, code } = await said('endpoints', {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
        OTEL_EXPORTER_OTLP_CERTIFICATE: app.folder,
      });
      expect(findings[0]).toMatchObject({ level: 'problem', text: expect.stringMatching(/EISDIR/) });
      expect(code).toBe(1);
    });
  });

  it.each<[string[], number, RegExp]>([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--help'], 0, /annotel doctor/],
    [[], 2, /annotel doctor/],
    [['operate'], 2, /annotel doctor/],
    [['doctor', '--timeout', 'soon'], 2, /"soon" is no such number[\s\S]*annotel doctor/],
    [['doctor', '--loud'], 2, /Unknown option '--loud'[\s\S]*annotel doctor/],
  ])('annotel %j ends with %i', async (args, code, text) => {
    const ended = await annotel(args, app.folder);
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).toMatch(text);
  });
});
