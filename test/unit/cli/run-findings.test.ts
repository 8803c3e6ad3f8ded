import { describe, expect, it } from '@jest/globals';
import type { ExportRequest, Report } from '../../../lib/cli/doctor/run/report.js';
import type { AppRun } from '../../../lib/cli/doctor/run/run.js';
import { runFindings, sentInWords } from '../../../lib/cli/doctor/run/run-findings.js';

const request = (of: Partial<ExportRequest>): ExportRequest => ({
  to: 'http://collector:4318/v1/traces',
  answer: 'HTTP 200',
  isAccepted: true,
  digest: '',
  count: 1,
  names: {},
  ...of,
});
const report = (of: Partial<Report>): Report => ({
  pid: 1,
  isMainThread: true,
  argv: ['node', '/app/main.js'],
  execArgv: [],
  api: '1.10.0',
  providers: { traces: 'TracerProvider of @opentelemetry/sdk-trace 3.1.0' },
  isAnnotel: true,
  decorated: ['load'],
  libraries: [],
  requests: [],
  ...of,
});
const run = (...reports: Report[]): AppRun => ({
  command: 'npm start',
  seconds: 5,
  exitCode: undefined,
  reports,
  printed: [],
  isReceivedHere: false,
});
const textsOf = (of: AppRun) => runFindings(of, 'start it').map(({ level, text }) => `${level} ${text}`);

describe('what was sent', () => {
  it('counts once what was sent once more, and as arrived what was taken in the end', () => {
    const again = { digest: 'a', count: 3, names: { 'annotel: load': 3 } };
    const of = run(
      report({ requests: [request({ ...again, isAccepted: false, answer: 'HTTP 503' }), request(again)] }),
    );
    expect(textsOf(of)).toContain('ok http://collector:4318/v1/traces took 3 spans: annotel: load ×3');
    expect(sentInWords(of)).toBe('telemetry was sent in 5 s to http://collector:4318: 3 spans');
  });

  it('names each destination that refuses, and that another one takes', () => {
    const azure = request({ to: 'https://azure/v2.1/track', digest: 'b', isAccepted: false, answer: 'HTTP 400' });
    const of = run(report({ requests: [request({ names: { 'annotel: load': 1 } }), azure] }));
    expect(textsOf(of)).toEqual(
      expect.arrayContaining([
        'ok http://collector:4318/v1/traces took 1 span: annotel: load',
        'problem https://azure/v2.1/track did not take 1 request (HTTP 400)',
      ]),
    );
  });

  it('counts that of threads, in which nothing else is looked at', () => {
    const thread = report({ isMainThread: false, providers: {}, decorated: [], requests: [request({ digest: 'c' })] });
    expect(sentInWords(run(report({}), thread))).toBe('telemetry was sent in 5 s to http://collector:4318: 1 span');
  });
});

it('leaves out processes that only start the app', () => {
  const npm = report({
    argv: ['node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'start'],
    providers: {},
    decorated: [],
  });
  const texts = textsOf(run(npm, report({ libraries: [{ name: 'pg', version: '8.1.0', isPatched: true }] })));
  expect(texts).toContain('ok pg 8.1.0 is patched, and traced');
  expect(texts.join()).not.toMatch(/no SDK has registered/);
});

it('leaves libraries to another SDK, which has ways of its own', () => {
  const libraries = [{ name: 'pg', version: '8.1.0', isPatched: false }];
  expect(textsOf(run(report({ libraries })))).toContain(
    'problem pg 8.1.0 is loaded, and not patched: what it does is not traced',
  );
  expect(textsOf(run(report({ libraries, isAnnotel: false })))).toContain('ok pg 8.1.0 is loaded');
});
