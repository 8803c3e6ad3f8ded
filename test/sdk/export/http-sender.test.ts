import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpTransport } from '../../../lib/sdk/delivery/http-transport.js';
import { accepts, Collector, hangs, refusingUrl } from '../../support/sdk-collector.js';

describe('HttpTransport', () => {
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
    new HttpTransport({
      url: target.url ?? `${collector.url}/v1/traces`,
      compression: target.compression ?? 'none',
      headers: async () => ({ 'Content-Type': 'application/json', ...target.headers }),
      agentFactory: async () => new Agent({ keepAlive: true }),
    });

  /** Answers with each of these in turn, and then accepts. */
  const inTurn = (...answers: (typeof accepts)[]) => {
    collector.answer = (request, response) => (answers.shift() ?? accepts)(request, response);
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

  it('takes a web page for what it is: the port of something else', async () => {
    inTurn((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    );
    expect(await transport().send(data, 1000)).toEqual({
      status: 'failure',
      error: new Error('it answers with a web page'),
    });
  });

  it('does not read an answer in another format', async () => {
    inTurn((_request, response) => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end('{'));
    expect(await transport().send(data, 1000)).toEqual({ status: 'success', data: undefined });
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
    sender.shutdown();
  });

  it('takes a new connection where the collector has just closed an idle one', async () => {
    const sender = transport();
    await sender.send(data, 1000);
    inTurn((request) => request.socket.destroy());
    expect(await sender.send(data, 1000)).toMatchObject({ status: 'success' });
    expect(collector.requests).toHaveLength(3);
  });

  it.each([429, 502, 503, 504])('says that HTTP %i is worth another attempt, and makes none', async (status) => {
    inTurn((_request, response) => {
      response.writeHead(status).end();
    });
    expect(await transport().send(data, 5000)).toEqual({ status: 'retryable', error: new Error(`HTTP ${status}`) });
    expect(collector.requests).toHaveLength(1);
  });

  it('says so of a lost connection too', async () => {
    inTurn((request) => request.socket.destroy());
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'retryable', error: { code: 'ECONNRESET' } });
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
    ['0', 0],
    [new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    [new Date(0).toUTCString(), 0],
  ])('hands on when the collector wants to be asked again: Retry-After %s', async (after, millis) => {
    inTurn((_request, response) => {
      response.writeHead(503, { 'retry-after': after }).end();
    });
    const response = await transport().send(data, 5000);
    expect(Math.abs((response as { retryInMillis: number }).retryInMillis - millis)).toBeLessThan(60_000);
  });

  it('reads no time out of nonsense', async () => {
    inTurn((_request, response) => {
      response.writeHead(503, { 'retry-after': 'soon' }).end();
    });
    expect(await transport().send(data, 5000)).toEqual({ status: 'retryable', error: new Error('HTTP 503') });
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

  it.each([
    [200, 'success'],
    [400, 'failure'],
    [503, 'retryable'],
  ])('does not read an endless answer of %i to its end, and believes its head', async (code, status) => {
    collector.answer = (_request, response) => {
      response.writeHead(code);
      response.write(Buffer.alloc(5 * 1024 * 1024));
    };
    expect(await transport().send(data, 5000)).toMatchObject({ status });
  });

  it('speaks TLS where the URL says so', async () => {
    const url = collector.url.replace('http:', 'https:');
    const sender = new HttpTransport({
      url,
      compression: 'none',
      headers: async () => ({}),
      agentFactory: async () => new (await import('node:https')).Agent(),
    });
    // A certificate that has expired is an outage too, and no reason to drop anything.
    expect(await sender.send(data, 1000)).toMatchObject({
      status: 'retryable',
      error: { code: expect.stringMatching(/SSL|EPROTO/) },
    });
  });

  it('takes a request that cannot be made for a failure', async () => {
    const response = await transport({ headers: { 'x-key': 'a\nb' } }).send(data, 1000);
    expect(response).toMatchObject({ status: 'failure', error: { code: 'ERR_INVALID_CHAR' } });
  });

  it('tells where it sends, headers in lower case', async () => {
    const sender = transport({ headers: { 'X-Key': 'secret' } });
    await sender.send(data, 1000);
    expect(sender.address()).toEqual({
      protocol: 'http',
      url: `${collector.url}/v1/traces`,
      headers: { 'content-type': 'application/json', 'x-key': 'secret' },
    });
  });

  it('lets go of a collector that hangs', async () => {
    collector.answer = hangs;
    const sender = transport();
    const sending = sender.send(data, 60_000);
    while (collector.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sender.abandon();
    expect(await sending).toMatchObject({ status: 'retryable', error: { message: 'telemetry is shutting down' } });
    sender.shutdown();
  });

  it('shuts down without ever having sent', () => {
    expect(() => transport().shutdown()).not.toThrow();
  });
});
