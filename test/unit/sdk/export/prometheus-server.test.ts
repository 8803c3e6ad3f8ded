import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type PrometheusAddress, servePrometheus } from '../../../../lib/sdk/export/prometheus-server.js';
import { ALL_BUT_TIMEOUTS } from '../../../support/fake-time.js';
import { listen } from '../../../support/sdk-stderr.js';

describe('the server for Prometheus', () => {
  let said: string[];
  let stop: (() => void) | undefined;

  beforeEach(() => {
    said = listen();
  });
  afterEach(() => {
    stop?.();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const taken = async (port = 0): Promise<{ server: Server; port: number }> => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  };
  const freePort = async () => {
    const { server, port } = await taken();
    server.close();
    await once(server, 'close');
    return port;
  };
  const serve = (address: Omit<PrometheusAddress, 'host'>) => {
    stop = servePrometheus({ host: '127.0.0.1', ...address }, (_request, response) => response.end('metrics'));
  };
  const get = async (port: number, path = '/metrics') => {
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        return { status: response.status, text: await response.text() };
      } catch {
        // It is not there yet.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };

  it('answers at /metrics only', async () => {
    const port = await freePort();
    serve({ port });
    expect(await get(port)).toEqual({ status: 200, text: 'metrics' });
    expect(await get(port, '/metrics?name=x')).toEqual({ status: 200, text: 'metrics' });
    expect(await get(port, '/')).toEqual({ status: 404, text: '' });
    expect(await get(port, '//')).toEqual({ status: 404, text: '' });
    expect(said).toEqual([]);
  });

  it('adds the number of an instance to the port, and says where it is', async () => {
    const port = await freePort();
    serve({ port: port - 3, instance: 3 });
    expect(await get(port)).toMatchObject({ status: 200 });
    expect(said).toEqual([
      `annotel: the metrics of process ${process.pid} are served to Prometheus on 127.0.0.1:${port}, to be scraped beside ${port - 3}`,
    ]);
  });

  it('waits for a port that is taken, and says so', async () => {
    const { server, port } = await taken();
    jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
    serve({ port });
    while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
    server.close();
    await once(server, 'close');
    jest.advanceTimersByTime(5000);
    jest.useRealTimers();
    expect(await get(port)).toMatchObject({ status: 200 });
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`127.0.0.1:${port} \\(EADDRINUSE\\); OTEL_EXPORTER_PROMETHEUS_HOST and _PORT `)),
      `annotel: metrics are served to Prometheus on 127.0.0.1:${port} now`,
    ]);
  });

  it.each([
    [70_000, undefined, /70000 \(ERR_SOCKET_BAD_PORT\)/],
    [1, 'no-such-host.invalid', /no-such-host.invalid:1 \((ENOTFOUND|EAI_AGAIN)\)/],
  ])('costs one sentence where it cannot be: port %i, host %s', async (port, host, sentence) => {
    stop = servePrometheus({ host: host ?? '127.0.0.1', port }, () => {});
    while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual([expect.stringMatching(sentence)]);
    expect(said[0]).not.toContain('tried again');
  });

  it('that is stopped at once serves nothing', async () => {
    const port = await freePort();
    serve({ port });
    stop?.();
    await new Promise((resolve) => setImmediate(resolve));
    const { server } = await taken(port);
    server.close();
  });
});
