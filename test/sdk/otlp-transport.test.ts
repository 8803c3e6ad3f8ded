import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OtlpTransport } from '../../lib/sdk/otlp-transport.js';
import { accepts, Collector, hangs, refusingUrl, unavailable } from '../support/sdk-collector.js';

describe('OtlpTransport', () => {
  let collector: Collector;
  let holding: NodeJS.Timeout;

  beforeEach(async () => {
    collector = await Collector.start();
    // Nothing of the transport holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(async () => {
    clearInterval(holding);
    await collector.close();
  });

  const data = new TextEncoder().encode('{"spans":true}');
  const transport = (target: { url?: string; compression?: 'gzip' | 'none'; headers?: Record<string, string> } = {}) =>
    new OtlpTransport({
      url: target.url ?? `${collector.url}/v1/traces`,
      compression: target.compression ?? 'none',
      headers: async () => ({ 'Content-Type': 'application/json', ...target.headers }),
      agentFactory: async () => new Agent({ keepAlive: true }),
    });

  /** Answers with each of these in turn, and then accepts. */
  const inTurn = (...answers: (typeof accepts)[]) => {
    collector.answer = (request, response) => (answers.shift() ?? accepts)(request, response);
  };
  const busy: typeof accepts = (_request, response) => {
    response.writeHead(503, { 'retry-after': '0' }).end();
  };

  it('posts, and hands back the answer', async () => {
    const response = await transport({ headers: { 'x-key': 'secret' } }).send(data, 1000);
    expect(response).toEqual({ status: 'success', data: Buffer.from('{}') });
    expect(collector.requests).toMatchObject([
      {
        path: '/v1/traces',
        headers: {
          'content-type': 'application/json',
          'x-key': 'secret',
          'user-agent': 'OTel-OTLP-Exporter-JavaScript',
        },
        body: Buffer.from(data),
      },
    ]);
  });

  it('compresses', async () => {
    await transport({ compression: 'gzip' }).send(data, 1000);
    expect(collector.requests).toMatchObject([{ headers: { 'content-encoding': 'gzip' }, body: Buffer.from(data) }]);
  });

  it('uses one connection again', async () => {
    const sender = transport();
    const ports = new Set<number | undefined>();
    collector.answer = (request, response) => {
      ports.add(request.socket.remotePort);
      accepts(request, response);
    };
    for (let round = 0; round < 3; round += 1) await sender.send(data, 1000);
    expect(ports.size).toBe(1);
    await sender.shutdown();
  });

  it('takes a new connection where the collector has just closed an idle one, even when closing', async () => {
    const sender = transport();
    await sender.send(data, 1000);
    inTurn((request) => request.socket.destroy());
    sender.close();
    expect(await sender.send(data, 1000)).toMatchObject({ status: 'success' });
    expect(collector.requests).toHaveLength(3);
  });

  it.each([429, 502, 503, 504])('tries again after HTTP %i', async (status) => {
    inTurn((_request, response) => {
      response.writeHead(status, { 'retry-after': '0' }).end();
    });
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'success' });
    expect(collector.requests).toHaveLength(2);
  });

  it('tries again after a lost connection', async () => {
    inTurn((request) => request.socket.destroy());
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'success' });
  });

  it('makes six attempts and no more', async () => {
    collector.answer = busy;
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'retryable', error: new Error('HTTP 503') });
    expect(collector.requests).toHaveLength(6);
  });

  it.each([400, 401, 404, 500, 302])('takes HTTP %i for an answer', async (status) => {
    inTurn((_request, response) => {
      response.writeHead(status).end();
    });
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'failure', error: new Error(`HTTP ${status}`) });
    expect(collector.requests).toHaveLength(1);
  });

  it.each([
    ['3600', 3_600_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
  ])('does not wait longer than it may: Retry-After %s', async (after, millis) => {
    inTurn((_request, response) => {
      response.writeHead(503, { 'retry-after': after }).end();
    });
    const response = await transport().send(data, 5000);
    expect(response).toMatchObject({ status: 'retryable' });
    expect(Math.abs((response as { retryInMillis: number }).retryInMillis - millis)).toBeLessThan(60_000);
  });

  it('pauses by itself where the collector names no time, or nonsense', async () => {
    inTurn((_request, response) => {
      response.writeHead(503, { 'retry-after': 'soon' }).end();
    }, busy);
    const started = Date.now();
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'success' });
    expect(Date.now() - started).toBeGreaterThan(750);
  });

  it('reports a refused connection', async () => {
    const url = await refusingUrl();
    expect(await transport({ url }).send(data, 100)).toMatchObject({
      status: 'retryable',
      error: { code: 'ECONNREFUSED' },
    });
  });

  it('reports a collector that does not answer in time', async () => {
    collector.answer = hangs;
    expect(await transport().send(data, 50)).toMatchObject({ status: 'retryable', error: { code: 'ETIMEDOUT' } });
  });

  it('reports a collector that stops in the middle of its answer', async () => {
    collector.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await transport().send(data, 500)).toMatchObject({ status: 'retryable', error: { code: 'ECONNRESET' } });
  });

  it('does not read an endless answer', async () => {
    collector.answer = (_request, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(5 * 1024 * 1024));
    };
    expect(await transport().send(data, 5000)).toMatchObject({
      status: 'failure',
      error: { message: 'the answer is larger than 4194304 bytes' },
    });
  });

  it('speaks TLS where the URL says so', async () => {
    const url = collector.url.replace('http:', 'https:');
    const sender = new OtlpTransport({
      url,
      compression: 'none',
      headers: async () => ({}),
      agentFactory: async () => new (await import('node:https')).Agent(),
    });
    expect(await sender.send(data, 1000)).toMatchObject({
      status: 'failure',
      error: { code: expect.stringMatching(/SSL|EPROTO/) },
    });
  });

  it('once closed, makes the attempt that it waits for now, and none after a failure', async () => {
    inTurn(unavailable);
    const sender = transport();
    const sending = sender.send(data, 60_000);
    while (collector.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    sender.close();
    expect(await sending).toMatchObject({ status: 'success' });
    collector.answer = unavailable;
    expect(await sender.send(data, 60_000)).toMatchObject({ status: 'retryable' });
    expect(collector.requests).toHaveLength(3);
  });

  it('lets go of a collector that hangs', async () => {
    collector.answer = hangs;
    const sender = transport();
    const sending = sender.send(data, 60_000);
    while (collector.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sender.abandon();
    expect(await sending).toMatchObject({ status: 'failure', error: { message: 'telemetry is shutting down' } });
    await sender.shutdown();
  });

  it('shuts down without ever having sent', async () => {
    await expect(transport().shutdown()).resolves.toBeUndefined();
  });
});
