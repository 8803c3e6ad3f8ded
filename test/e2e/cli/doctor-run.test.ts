import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { annotel, DoctorApp } from '../../support/doctor-app.js';
import { receiveOtlp } from '../../support/mock-otlp-server.js';
import { Collector, refusingUrl } from '../../support/sdk-collector.js';

/* The app is really started. It ends by itself, so that no test depends on how long that takes. */

jest.setTimeout(120_000);

const APPS = join(import.meta.dirname, '../../support/sdk-apps');
/** Does its work, and ends. */
const SERVICE = `
  import express from 'express';
  import { Traced } from 'annotel';
  const load = Traced('load')(async function load() { return 1; });
  const server = express().get('/x', async (_request, response) => { await load(); response.end(); }).listen(0, async () => {
    await (await fetch('http://127.0.0.1:' + server.address().port + '/x')).text();
    server.close();
    server.closeAllConnections();
  });
`;
/** Ends by SIGKILL alone, and so does what it starts. */
const STUBBORN = `
  import { spawn } from 'node:child_process';
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
  if (process.argv[2] === undefined) spawn(process.execPath, ['stubborn.js', 'child'], { stdio: 'inherit' });
  console.log('pid ' + process.pid);
`;

let app: DoctorApp;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  app = new DoctorApp();
  for (const name of ['annotel', 'express', '@opentelemetry/api', '@opentelemetry/sdk-node']) app.link(name);
  app.write({
    'package.json': {
      name: 'shop',
      type: 'module',
      scripts: { start: 'node --import annotel/register main.js' },
      dependencies: { annotel: '*', express: '*' },
    },
    'main.js': SERVICE,
  });
});
afterEach(async () => {
  app.remove();
  for (const close of closing.splice(0)) await close();
});

/** What the doctor says of a run: the verdict, each finding with its mend, and the rest. */
const ran = async (command: string, environment: Record<string, string> = {}, seconds = 60) => {
  const args = ['doctor', '--json', '--timeout', '1000', '--run', command, '--seconds', `${seconds}`];
  const { code, stdout, stderr } = await annotel(args, app.folder, environment);
  expect(stderr).toBe('');
  type Finding = { level: string; text: string; mend?: string };
  const { verdict, findings, printed } = JSON.parse(stdout) as {
    verdict: { text: string; mend?: string };
    findings: { run: Finding[] };
    printed: string[];
  };
  return { code, verdict, findings: findings.run, texts: findings.run.map(({ text }) => text), printed };
};
/** Never, where the doctor leaves a process. What has been killed is there until its parent has heard of it. */
const gone = async (pid: number): Promise<void> => {
  expect(pid).toBeGreaterThan(0);
  try {
    for (;;) {
      process.kill(pid, 0);
      await setTimeout(50);
    }
  } catch {
    // There is no such process.
  }
};

it('tells who registered, what is patched and decorated, and what is sent where nothing is configured', async () => {
  const { code, verdict, texts } = await ran('node --import annotel/register main.js');
  expect(verdict.text).toMatch(
    /^telemetry was sent before it ended to a receiver of the doctor, as no destination is configured: 2 spans, \d+ metrics, \d+ log records?$/,
  );
  expect(texts).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^annotel has started OpenTelemetry \(API 1\.10\.0\): traces by TracerProvider of @opentelemetry\/sdk-trace 3\.\S+, metrics by /,
      ),
      expect.stringMatching(/^express 5\.\S+ is patched, and traced$/),
      'decorated methods and functions: 1 (load)',
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1\/traces took 2 spans: annotel: load, \S+-http: GET \/x$/),
    ]),
  );
  expect(code).toBe(0);
});

it("sees what is sent to the app's own collector, through what starts the app", async () => {
  const collector = await Collector.start();
  closing.push(() => collector.close());
  const { verdict } = await ran('npm start', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  expect(verdict.text).toMatch(new RegExp(`^telemetry was sent before it ended to ${collector.url}: 2 spans, `));
  expect(collector.requests.map(({ path }) => path)).toContain('/v1/traces');
});

it('sees what is sent by gRPC', async () => {
  const receiver = await receiveOtlp('grpc');
  closing.push(() => receiver.close());
  const { texts } = await ran('node --import annotel/register main.js', {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint.replace(/^grpc:/, 'http:'),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  });
  expect(texts).toContainEqual(
    expect.stringMatching(/TraceService\/Export took 2 spans: annotel: load, \S+-http: GET \/x$/),
  );
});

it.each<[string, () => Promise<string>, RegExp]>([
  ['nothing listens', refusingUrl, /did not take 2 spans \(ECONNREFUSED\): annotel: load/],
  ['it is refused', async () => refusing(401), /did not take 2 spans \(HTTP 401\): annotel: load/],
])('tells what does not arrive: %s', async (_what, url, expected) => {
  const { code, verdict, findings } = await ran('node --import annotel/register main.js', {
    OTEL_EXPORTER_OTLP_ENDPOINT: await url(),
  });
  expect(verdict.text).toMatch(/did not take/);
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'problem', text: expect.stringMatching(expected), mend: expect.any(String) }),
  );
  expect(code).toBe(1);
});

async function refusing(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('tells that nothing starts telemetry, and what is not patched', async () => {
  const { code, verdict, texts } = await ran('node main.js');
  expect(verdict).toEqual({
    text: expect.stringMatching(/^nothing was recorded: .*no SDK has registered|nothing has registered/),
    mend: expect.stringMatching(/node --import annotel\/register main\.js/),
  });
  expect(texts).toContainEqual(expect.stringMatching(/^express 5\.\S+ is loaded, and not patched/));
  expect(code).toBe(1);
});

it("tells whose SDK it is where it is the app's own", async () => {
  const collector = await Collector.start();
  closing.push(() => collector.close());
  app.write({
    'tracing.js': `
      import { NodeSDK } from '@opentelemetry/sdk-node';
      const sdk = new NodeSDK();
      sdk.start();
      process.once('beforeExit', () => sdk.shutdown());`,
  });
  const { texts, verdict } = await ran('node --import ./tracing.js main.js', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  expect(texts).toContainEqual(expect.stringMatching(/^another OpenTelemetry SDK than that of annotel has registered/));
  expect(texts).toContainEqual(expect.stringMatching(/v1\/traces took 1 span: annotel: load/));
  expect(verdict.text).toMatch(/^telemetry was sent before it ended to/);
});

it('tells what annotel says where another SDK was first', async () => {
  const { texts } = await ran(`node --require ${join(APPS, 'other-sdk.cjs')} --import annotel/register main.js`);
  expect(texts).toContainEqual(expect.stringMatching(/^annotel says: another OpenTelemetry SDK is registered already/));
});

it('tells how the app ended, and what it said', async () => {
  app.write({ 'broken.js': "console.log('hello'); throw new TypeError('no database');" });
  const { code, findings, printed } = await ran('node --import annotel/register broken.js');
  expect(findings).toContainEqual({
    level: 'problem',
    text: 'the app ended by itself, with exit code 1: node --import annotel/register broken.js',
    mend: 'it said: TypeError: no database',
    stops: 'app',
  });
  expect(printed).toContain('hello');
  expect(code).toBe(1);
});

it.each<[string, string, Record<string, string>, RegExp, RegExp]>([
  [
    'a crash',
    'node --import annotel/register broken.js',
    {},
    /^the app ended by itself, with exit code 1/,
    /no database/,
  ],
  [
    'a misspelt flag',
    'node --import annotel/registre main.js',
    {},
    /^the app ended by itself, with exit code 1/,
    /not defined by "exports".*; --import annotel\/register does$/,
  ],
  [
    'a flag behind the script',
    'node main.js --import annotel/register',
    {},
    /^nothing was recorded, because the command of --run has --import annotel\/register behind the script/,
    /node --import annotel\/register main\.js$/,
  ],
  [
    'no start, whatever the back end says',
    'node main.js',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'refusing' },
    /^nothing was recorded: .*(no SDK has|nothing has) registered/,
    /node --import annotel\/register main\.js/,
  ],
  [
    'a switch',
    'node --import annotel/register main.js',
    { OTEL_SDK_DISABLED: 'true' },
    /^nothing was recorded, because OTEL_SDK_DISABLED/,
    /unset OTEL_SDK_DISABLED/,
  ],
  [
    'a sampler',
    'node --import annotel/register main.js',
    { OTEL_TRACES_SAMPLER: 'always_off' },
    /^telemetry was sent .*; but no traces, because the sampler always_off/,
    /parentbased_always_on/,
  ],
  [
    'a path',
    'node --import annotel/register main.js',
    { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'refusing' },
    /^nothing was sent .*_TRACES_ENDPOINT is used as it is, without a path/,
    /\/v1\/traces/,
  ],
])('leads with %s', async (_what, command, env, text, mend) => {
  app.write({ 'broken.js': "throw new TypeError('no database');" });
  const variables = Object.entries(env).map(async ([name, value]) => [
    name,
    value === 'refusing' ? await refusing(404) : value,
  ]);
  const { code, verdict, findings } = await ran(command, Object.fromEntries(await Promise.all(variables)));
  expect(verdict).toEqual(
    expect.objectContaining({ text: expect.stringMatching(text), mend: expect.stringMatching(mend) }),
  );
  // What is wrong is not part of the mend, and work does not mend it.
  const mends = findings.map((finding) => finding.mend ?? '').filter((one) => !one.startsWith('it said'));
  expect(mends.join('\n')).not.toMatch(/registre|let it do some work|this machine can reach/);
  expect(code).toBe(1);
});

it('shows what the app printed without colours, and no line in full that is long', async () => {
  app.write({ 'main.js': "console.log('\\x1b[32mgreen\\x1b[0m'); console.log('x'.repeat(5000));" });
  const { printed } = await ran('node main.js');
  expect(printed).toEqual(['green', 'x'.repeat(300)]);
});

it('tells of a command that starts no Node', async () => {
  const { verdict } = await ran('no-such-program-here main.js');
  expect(verdict.text).toMatch(/^nothing was recorded: no process of Node came up by: no-such-program-here/);
});

it('stops an app that does not want to end, and what that has started', async () => {
  app.write({ 'stubborn.js': STUBBORN });
  const { printed } = await ran('node stubborn.js', {}, 5);
  const pids = printed.map((line) => Number(/^pid (\d+)$/.exec(line)?.[1]));
  expect(pids).toHaveLength(2);
  for (const pid of pids) await gone(pid);
});

it('prints it all in words, with what the app printed apart', async () => {
  app.write({ 'main.js': `${SERVICE}; console.log('hello');` });
  const { stdout } = await annotel(['doctor', '--run', 'npm start', '--seconds', '60'], app.folder);
  expect(stdout).toMatch(/^✓ run: ended by itself, with exit code 0: npm start$/m);
  expect(stdout).toMatch(/^the app printed\n( {2}\| .*\n)* {2}\| hello$/m);
});
