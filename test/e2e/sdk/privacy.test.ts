import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Ended, run, warnings } from '../../support/sdk-child.js';
import { Collector } from '../../support/sdk-collector.js';

/*
 * The app in `privacy-app.mjs` plants a secret at each place that an instrumentation or a logger reads. None of them may leave
 * the process: not by OTLP, not in the printed tree, not in a warning.
 */

const APP = 'privacy-app.mjs';

interface Outcome extends Ended {
  /** Bodies of requests by path, one text each in which the bytes of ASCII stand for themselves. */
  sent: Record<'/v1/traces' | '/v1/logs' | '/v1/metrics', string>;
  planted: string[];
}

async function outcome(environment: Record<string, string>): Promise<Outcome> {
  await using collector = await Collector.start();
  const ended = await run(['--import', 'annotel/register', APP], {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,express,fastify,pg,redis,ioredis,pino,winston,console',
    ANNOTEL_CONSOLE: 'tree',
    OTEL_SERVICE_NAME: 'shop',
    ...environment,
  });
  const bodies = (path: string) =>
    collector.requests.filter((request) => request.path === path).map(({ body }) => body.toString('latin1'));
  const [, planted = ''] = /^planted (.*)$/m.exec(ended.stdout) ?? [];
  const sent = (path: string) => bodies(path).join('\n');
  return {
    ...ended,
    sent: { '/v1/traces': sent('/v1/traces'), '/v1/logs': sent('/v1/logs'), '/v1/metrics': sent('/v1/metrics') },
    planted: planted.split(' '),
  };
}

/** Names of the secrets that stand in a text. */
function seen(text: string): string[] {
  return [...new Set([...text.matchAll(/Zq7(\w+?)Kx9/g)].map(([, name]) => name as string))].sort();
}

/** What the app itself prints, by its console and by Nest's. */
const PRINTED_BY_APP = ['ConsoleCookie', 'NestMessage', 'NestPassword'];
const LOGGED = /^(?:Pino|Winston|Console|Nest[MP])/;
/** Not even recorded: the value of a parameter is no part of the statement, and clients send the user in a header. */
const NOT_RECORDED = ['SqlParameter', 'UserInfo'];

let json: Outcome;
let protobuf: Outcome;
let unredacted: Outcome;
let dropping: Outcome;

beforeAll(async () => {
  [json, protobuf] = (await Promise.all(
    ['http/json', 'http/protobuf'].map((protocol) => outcome({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol })),
  )) as [Outcome, Outcome];
  [unredacted, dropping] = await Promise.all([
    outcome({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', ANNOTEL_REDACT: 'off' }),
    outcome({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ANNOTEL_DROP_ATTRIBUTES: 'db.*,url.*,http.request.header.*,req',
      ANNOTEL_REDACT: 'off',
    }),
  ]);
}, 240_000);

test('without the redactor, each secret leaves: they were there to be seen', () => {
  const { sent, planted } = unredacted;
  expect(planted.length).toBeGreaterThan(40);
  const left = seen(sent['/v1/traces'] + sent['/v1/logs']);
  expect(planted.filter((name) => !left.includes(name)).sort()).toEqual([...NOT_RECORDED].sort());
  expect(seen(sent['/v1/logs']).length).toBe(planted.filter((name) => LOGGED.test(name)).length);
});

describe.each([
  ['http/json', () => json],
  ['http/protobuf', () => protobuf],
] as const)('by %s', (_protocol, result) => {
  test.each(['/v1/traces', '/v1/logs', '/v1/metrics'] as const)('no secret leaves to %s', (path) => {
    expect(result().sent[path]).toContain('shop');
    expect(seen(result().sent[path])).toEqual([]);
  });

  test('none is printed, but by the app', () => {
    expect(result().stdout).toContain('trace ');
    const { stdout, stderr } = result();
    expect(seen(stdout + stderr).filter((name) => !PRINTED_BY_APP.includes(name))).toEqual([]);
    expect(warnings(result())).toEqual([]);
  });

  test('what it is about leaves', () => {
    for (const text of [
      '/orders/:id',
      'SELECT $1::int',
      '127.0.0.1',
      'page=2',
      'userName',
      'session:1',
      '`order id`',
    ]) {
      expect(result().sent['/v1/traces']).toContain(text);
    }
  });
});

test('attributes that are to be dropped leave in no span and no log', () => {
  const { sent } = dropping;
  const names = [...(sent['/v1/traces'] + sent['/v1/logs']).matchAll(/"key":"([^"]+)"/g)].map(([, name]) => name);
  expect(names).toContain('http.request.method');
  expect(names).toContain('server.address');
  expect(names.filter((name) => /^(?:db\.|url\.|http\.request\.header\.|req$)/.test(name as string))).toEqual([]);
});
