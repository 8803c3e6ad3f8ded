import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { Child, run, warnings } from '../../support/sdk-child.js';
import { accepts, Collector, hangs, refusingUrl, unavailable } from '../../support/sdk-collector.js';

jest.setTimeout(60_000);

/** What a Node process of this size takes at the worst on a busy machine, in milliseconds. */
const OVERHEAD = 4000;

describe('a collector that', () => {
  describe.each([
    ['refuses', undefined, /ECONNREFUSED/, 0],
    ['answers 503', unavailable, /HTTP 503/, 0],
    ['hangs', hangs, /no answer within 1000 ms of shutdown/, 1000],
  ] as const)('%s', (_how, answer, reason, wait) => {
    const environment = async (collector: Collector | undefined) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector?.url ?? (await refusingUrl()),
    });

    it.each([
      ['that ends at once', []],
      ['that ends while exports are under way', ['1500']],
    ])('leaves an app alone %s', async (_when, args) => {
      await using collector = answer && (await Collector.start(answer));
      const [quiet, ended] = await Promise.all([
        run(['short.mjs', ...args], { ...(await environment(collector)), OTEL_SDK_DISABLED: 'true' }),
        run(['short.mjs', ...args], await environment(collector)),
      ]);
      expect(ended).toMatchObject({ code: 0, signal: null, stdout: quiet.stdout });
      expect(warnings(ended)).toEqual([expect.stringMatching(reason)]);
      expect(ended.stderr.trim().split('\n')).toHaveLength(1);
      expect(ended.took - quiet.took).toBeLessThan(wait + OVERHEAD);
    });

    it('does not keep an app from ending by a signal', async () => {
      await using collector = answer && (await Collector.start(answer));
      await using child = new Child(['--import', 'annotel/register', 'server.mjs'], await environment(collector));
      await child.says('ready');
      child.kill('SIGTERM');
      const ended = await child.ended();
      expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stdout: 'ready\n' });
      expect(warnings(ended)).toHaveLength(1);
    });
  });

  it.each(['http/protobuf', 'grpc'])(
    'takes connections and never answers holds a finished app for two seconds: %s',
    async (protocol) => {
      const sockets = new Set<Socket>();
      const hanging = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
      await once(hanging, 'listening');
      const { port } = hanging.address() as AddressInfo;
      const ended = await run(['--import', 'annotel/register', 'work.mjs', '10'], {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      });
      for (const socket of sockets) socket.destroy();
      hanging.close();
      expect(ended).toMatchObject({ code: 0, signal: null });
      expect(warnings(ended)).toEqual([expect.stringMatching(/no answer within 2000 ms of shutdown/)]);
    },
  );

  it('hangs on gRPC leaves an app alone that ends at once', async () => {
    const sockets = new Set<Socket>();
    const hanging = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const { port } = hanging.address() as AddressInfo;
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    };
    const [quiet, ended] = await Promise.all([
      run(['short.mjs', '500'], { ...environment, OTEL_SDK_DISABLED: 'true' }),
      run(['short.mjs', '500'], environment),
    ]);
    for (const socket of sockets) socket.destroy();
    hanging.close();
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: quiet.stdout });
    expect(warnings(ended)).toEqual([expect.stringMatching(/no answer within 1000 ms of shutdown/)]);
    expect(ended.took - quiet.took).toBeLessThan(1000 + OVERHEAD);
  });

  it('is down for a moment loses nothing', async () => {
    await using collector = await Collector.start();
    let attempts = 0;
    collector.answer = (request, response) => {
      attempts += 1;
      if (attempts === 1) response.writeHead(503, { 'retry-after': '1' }).end();
      else accepts(request, response);
    };
    const ended = await run(['--import', 'annotel/register', 'work.mjs', '2000'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(collector.requests).toHaveLength(2);
  });
});
