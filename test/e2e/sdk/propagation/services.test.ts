import { once } from 'node:events';
import { createServer, get, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Child, run } from '../../../support/sdk-child.js';
import { attributesOf, Collector } from '../../../support/sdk-collector.js';

const APPS = '../propagation-apps';
const SENT = 'annotel.tenant.id=acme,user.id=u-1,plan=gold';

/** A server that keeps the headers of what it is asked, by path, and redirects where it is told to. */
class Peer {
  readonly asked = new Map<string, IncomingHttpHeaders>();
  private readonly server: Server = createServer(({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://peer');
    this.asked.set(pathname, headers);
    const to = searchParams.get('to');
    if (to) response.writeHead(307, { location: to }).end();
    else response.end('ok');
  });

  static async start(): Promise<Peer> {
    const peer = new Peer();
    peer.server.listen(0, '127.0.0.1');
    await once(peer.server, 'listening');
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Path → the value of a header. */
  header(name: string): Record<string, unknown> {
    return Object.fromEntries([...this.asked].map(([path, headers]) => [path, headers[name]]));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const WAYS = [
  '/http-get',
  '/http-url',
  '/http-post',
  '/fetch',
  '/fetch-redirected',
  '/redirect',
  '/at-once',
  '/at-once-elsewhere',
  '/at-once-http',
  '/http-without-span',
  '/fetch-without-span',
];
/** Nobody can tell that these go to a trusted host only, or they do not. */
const CLOSED = ['/proxied', '/suppressed', '/own-inject'];
const all = <T>(paths: string[], value: T) => Object.fromEntries(paths.map((path) => [path, value]));

describe.each(['always_on', 'always_off'])('to two servers, one on the list, with the sampler %s', (sampler) => {
  let listed: Peer;
  let other: Peer;
  let collector: Collector;

  beforeAll(async () => {
    listed = await Peer.start();
    other = await Peer.start();
    collector = await Collector.start();
    const { code, stderr } = await run(['--import', 'annotel/register', `${APPS}/calls.mjs`, listed.url, other.url], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: sampler,
      ANNOTEL_KEEP: 'none',
      ANNOTEL_PROPAGATE_CONTEXT: new URL(listed.url).host,
    });
    expect([code, stderr]).toEqual([0, '']);
  });
  afterAll(async () => {
    listed.close();
    other.close();
    await collector.close();
  });

  test('the request context and the baggage of the app go to that one only', () => {
    expect(listed.header('baggage')).toEqual({ ...all(WAYS, SENT), ...all(CLOSED, undefined) });
    expect(other.header('baggage')).toEqual(all([...WAYS, ...CLOSED], undefined));
  });

  test('the trace goes to both', () => {
    for (const peer of [listed, other]) {
      const untraced = Object.entries(peer.header('traceparent')).filter(([, header]) => header === undefined);
      expect(untraced.map(([path]) => path).sort()).toEqual([
        '/fetch-without-span',
        '/http-without-span',
        '/suppressed',
      ]);
    }
  });
});

describe('of what comes from a peer', () => {
  let next: Peer;
  let collector: Collector;
  beforeAll(async () => {
    next = await Peer.start();
    collector = await Collector.start();
  });
  afterAll(async () => {
    next.close();
    await collector.close();
  });

  /** Asks a relay that trusts the listed hosts, and tells what it said, sent on and recorded. */
  async function relayed(hosts: string, headers: Record<string, string | string[]>, address = '127.0.0.1') {
    next.asked.clear();
    collector.requests.length = 0;
    await using relay = new Child(['--import', 'annotel/register', `${APPS}/relay.mjs`, next.url, address], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      // What the app prints is no record that is looked at here.
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'console',
      ANNOTEL_PROPAGATE_CONTEXT: hosts,
    });
    await relay.says(';');
    const port = /\d+/.exec(relay.stdout)?.[0];
    const host = address.includes(':') ? '[::ffff:127.0.0.1]' : address;
    const request = get(`http://${host}:${port}/`, { headers });
    const [response] = await once(request, 'response');
    const told = JSON.parse(await text(response));
    relay.kill('SIGTERM');
    await relay.ended();
    const users = collector.spans.map((span) => [span.kind, attributesOf(span)['user.id']]);
    const sent = next.asked.get('/passed-on')?.['baggage'];
    return { told, sent, users: Object.fromEntries(users), logged: loggedUser(collector) };
  }
  const loggedUser = ({ requests }: Collector): unknown => {
    const [logs] = requests.filter(({ path }) => path === '/v1/logs').map(({ body }) => JSON.parse(body.toString()));
    return attributesOf(logs.resourceLogs[0].scopeLogs[0].logRecords[0])['user.id'];
  };
  const BAGGAGE = { baggage: 'user.id=u-1,plan=gold' };
  const BELIEVED = {
    context: { userId: 'u-1' },
    before: { userId: 'u-1' },
    baggage: { 'user.id': 'u-1', plan: 'gold' },
  };
  const NOTHING = { context: {}, before: {}, baggage: {} };
  const SERVER = 2;
  const CLIENT = 3;

  test('all is believed and passed on where it is trusted, and stands on every span and log record', async () => {
    expect(await relayed('localhost', BAGGAGE)).toEqual({
      told: BELIEVED,
      sent: 'user.id=u-1,plan=gold',
      users: { [SERVER]: 'u-1', [CLIENT]: 'u-1' },
      logged: 'u-1',
    });
  });

  test.each([
    ['nobody is on the list', () => ''],
    ['others are', () => `10.0.*,${new URL(next.url).host}`],
  ])('nothing is believed or passed on where %s', async (_where, hosts) => {
    const { told, sent, users, logged } = await relayed(hosts(), { ...BAGGAGE, 'x-forwarded-for': '10.0.0.7' });
    expect([told, sent, logged]).toEqual([NOTHING, undefined, undefined]);
    expect(users).toEqual({ [SERVER]: undefined, [CLIENT]: undefined });
  });

  test('an address of IPv4 is known in its IPv6 form', async () => {
    const { told } = await relayed('127.0.0.0/8', BAGGAGE, '::ffff:127.0.0.1');
    expect(told).toEqual(BELIEVED);
  });

  test('a hostile header costs nothing but itself', async () => {
    const long = Array.from({ length: 60 }, (_, at) => `k${at}=${'%zz'.repeat(30)}`).join();
    const { told, sent } = await relayed('localhost', { baggage: [long, 'user.id=u-1,session.id=a%0D%0Ab,plan=gold'] });
    expect(told).toEqual({ ...BELIEVED, baggage: { ...BELIEVED.baggage, 'session.id': 'a\r\nb' } });
    expect(sent).toBe('user.id=u-1,session.id=a%0D%0Ab,plan=gold');
  });
});
