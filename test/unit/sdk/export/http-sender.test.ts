import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Sender } from '../../../../lib/sdk/export/attempt-result.js';
import { withSingleAttempts } from '../../../../lib/sdk/export/http-attempt.js';
import { httpBatchSender } from '../../../../lib/sdk/export/http-exporters.js';
import { httpSender } from '../../../../lib/sdk/export/http-sender.js';
import { ALL_BUT_TIMEOUTS, waitedFor } from '../../../support/fake-time.js';
import { accepts, Collector, hangs, refusingUrl } from '../../../support/sdk-collector.js';
import { finished } from '../../../support/sdk-span.js';
import { listen } from '../../../support/sdk-stderr.js';

const BODY = '{"resourceSpans":[]}';

describe.each(['batches', 'what was encoded'])('sending %s over HTTP', (what) => {
  const before = process.env;
  let collector: Collector;
  let holding: NodeJS.Timeout;
  let said: string[];

  beforeEach(async () => {
    said = listen();
    process.env = { ...before };
    collector = await Collector.start();
    // Nothing that sends holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(async () => {
    jest.useRealTimers();
    clearInterval(holding);
    process.env = before;
    jest.restoreAllMocks();
    await collector.close();
  });

  /** @param environment what `OTEL_EXPORTER_OTLP_*` says */
  const sender = (environment: Record<string, string> = {}, url = `${collector.url}/v1/traces`): Sender<unknown> => {
    for (const [name, value] of Object.entries(environment)) process.env[`OTEL_EXPORTER_OTLP_${name}`] = value;
    return (
      what === 'batches'
        ? httpBatchSender('traces', { protocol: 'http/json', url })
        : httpSender('traces', url, 'application/json')
    ) as Sender<unknown>;
  };
  const content: unknown =
    what === 'batches' ? [] : { body: new TextEncoder().encode(BODY), contentType: 'application/json' };
  const send = (...args: Parameters<typeof sender>) => sender(...args).send(content);

  /** Answers with each of these in turn, and then accepts. */
  const inTurn = (...answers: (typeof accepts)[]) => {
    collector.answer = (request, response) => (answers.shift() ?? accepts)(request, response);
  };
  const answering = (status: number, headers = {}) =>
    inTurn((_request, response) => {
      response.writeHead(status, headers).end();
    });

  it('posts with the headers of the environment', async () => {
    expect(await send({ HEADERS: 'x-key=secret' })).toEqual({ status: 'accepted', rejected: undefined });
    expect(collector.requests).toMatchObject([
      {
        path: '/v1/traces',
        headers: {
          'content-type': 'application/json',
          'x-key': 'secret',
          'user-agent': expect.stringMatching(/^OTel-OTLP-Exporter-JavaScript/),
        },
        body: Buffer.from(BODY),
      },
    ]);
  });

  it('takes a web page for what it is: the port of something else', async () => {
    inTurn((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    );
    expect(await send()).toEqual({ status: 'refused', error: new Error('it answers with a web page') });
    expect(said).toEqual([]);
  });

  it.each([
    ['in another format', 'application/x-protobuf', '{'],
    ['that is broken', 'application/json', '{'],
    ['that is empty', 'application/json', ''],
  ])('takes an answer %s for one that says nothing', async (_how, type, text) => {
    inTurn((_request, response) => response.writeHead(200, { 'content-type': type }).end(text));
    expect(await send()).toEqual({ status: 'accepted', rejected: undefined });
    expect(said).toEqual([]);
  });

  it('reads what the collector did not take', async () => {
    const partial = '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}';
    inTurn((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(partial));
    expect(await send()).toEqual({ status: 'accepted', rejected: { items: 2, message: 'too old' } });
    expect(said).toEqual([]);
  });

  it('compresses', async () => {
    await send({ COMPRESSION: 'gzip' });
    expect(collector.requests).toMatchObject([{ headers: { 'content-encoding': 'gzip' }, body: Buffer.from(BODY) }]);
  });

  it('uses one connection again', async () => {
    const one = sender();
    const ports = new Set<number | undefined>();
    collector.answer = (request, response) => {
      ports.add(request.socket.remotePort);
      accepts(request, response);
    };
    for (let round = 0; round < 3; round += 1) await one.send(content);
    expect(ports.size).toBe(1);
  });

  it('takes a new connection where the collector has just closed an idle one', async () => {
    const one = sender();
    await one.send(content);
    inTurn((request) => request.socket.destroy());
    expect(await one.send(content)).toMatchObject({ status: 'accepted' });
    expect(collector.requests).toHaveLength(3);
  });

  it.each([429, 502, 503, 504])('says that HTTP %i is worth another attempt, and makes none', async (status) => {
    answering(status);
    expect(await send()).toEqual({ status: 'retryable', error: new Error(`HTTP ${status}`), retryInMillis: undefined });
    expect(collector.requests).toHaveLength(1);
  });

  it('says so of a lost connection too', async () => {
    inTurn((request) => request.socket.destroy());
    expect(await send()).toMatchObject({ status: 'retryable', error: { code: 'ECONNRESET' } });
  });

  it.each([400, 401, 404, 500, 302])('takes HTTP %i for an answer', async (status) => {
    answering(status);
    expect(await send()).toEqual({ status: 'refused', error: new Error(`HTTP ${status}`) });
    expect(collector.requests).toHaveLength(1);
  });

  it('says that what is too large may be taken in parts', async () => {
    answering(413);
    expect(await send()).toEqual({ status: 'divisible', error: new Error('HTTP 413') });
  });

  it.each([
    ['3600', 3_600_000],
    ['Tue, 01 Dec 2026 11:00:00 GMT', 3_600_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('hands on when the collector wants to be asked again: Retry-After %s', async (after, millis) => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-12-01T10:00:00Z'));
    answering(503, { 'retry-after': after });
    expect(await send()).toMatchObject({ status: 'retryable', retryInMillis: millis });
  });

  it('reports a refused connection', async () => {
    expect(await send({}, await refusingUrl())).toMatchObject({ status: 'retryable', error: { code: 'ECONNREFUSED' } });
  });

  it('reports a collector that does not answer in time', async () => {
    collector.answer = hangs;
    expect(await send({ TIMEOUT: '50' })).toMatchObject({
      status: 'retryable',
      error: { message: expect.stringMatching(/timed out/) },
    });
    expect(collector.requests).toHaveLength(1);
  });

  it('waits for an answer that is slow but complete, and sends nothing again', async () => {
    collector.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const parts = ['{', '"partial', 'Success"', ':{}', '}'];
      const timer = setInterval(() => {
        response.write(parts.shift());
        if (parts.length > 0) return;
        clearInterval(timer);
        response.end();
      }, 300);
    };
    expect(await send({ TIMEOUT: '1000' })).toMatchObject({ status: 'accepted' });
    expect(collector.requests).toHaveLength(1);
  });

  it.each([
    ['stops in the middle of', true],
    ['never ends', false],
  ])('believes the head of an answer that %s', async (_how, stops) => {
    collector.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      if (stops) setTimeout(() => response.destroy(), 20);
    };
    expect(await send({ TIMEOUT: '1000' })).toMatchObject({ status: 'accepted' });
    expect(collector.requests).toHaveLength(1);
  });

  it.each([
    [200, 'accepted'],
    [400, 'refused'],
    [503, 'retryable'],
  ])('does not read an endless answer of %i to its end, and believes its head', async (code, status) => {
    collector.answer = (_request, response) => {
      response.writeHead(code);
      response.write(Buffer.alloc(5 * 1024 * 1024));
    };
    expect(await send()).toMatchObject({ status });
  });

  it('speaks TLS where the URL says so', async () => {
    // A certificate that has expired is an outage too, and no reason to drop anything.
    expect(await send({}, collector.url.replace('http:', 'https:'))).toMatchObject({
      status: 'retryable',
      error: { code: expect.stringMatching(/SSL|EPROTO/) },
    });
  });

  it('takes a request that cannot be made for a refusal', async () => {
    expect(await send({ HEADERS: 'x-key=a%0Ab' })).toMatchObject({
      status: 'refused',
      error: { code: 'ERR_INVALID_CHAR' },
    });
  });

  it('waits two seconds for a connection to a host that says nothing, however late its answer may be', async () => {
    // The queue of a listener that accepts nobody is full after a few connections: the next one is left without a word.
    const deaf = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      require('node:worker_threads').parentPort.postMessage(this.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
    const thread = new Worker(deaf, { eval: true });
    const [port] = await once(thread, 'message');
    const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')));
    jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
    const { passed, result } = await waitedFor(send({ TIMEOUT: '30000' }, `http://127.0.0.1:${port}/v1/traces`));
    expect(result).toMatchObject({ status: 'retryable', error: { message: 'no connection within 2000 ms' } });
    expect(passed).toBeGreaterThanOrEqual(2000);
    expect(passed).toBeLessThan(30_000);
    for (const filler of fillers) filler.destroy();
    await thread.terminate();
  });

  it('lets go of a collector that hangs', async () => {
    collector.answer = hangs;
    const one = sender();
    const sending = one.send(content);
    while (collector.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    one.abandon();
    expect(await sending).toMatchObject({ status: 'retryable', error: { message: 'telemetry is shutting down' } });
    one.shutdown();
  });
});

describe('batches over HTTP', () => {
  it('are told to be divisible where one of them cannot be serialised', async () => {
    const broken = {
      ...finished(),
      spanContext: () => {
        throw new Error('no context');
      },
    };
    const sender = httpBatchSender('traces', { protocol: 'http/protobuf', url: 'http://localhost:1/v1/traces' });
    expect(await sender.send([broken])).toEqual({ status: 'divisible', error: new Error('no context') });
  });
});

/* What `withSingleAttempts` reaches into is not public: this fails when OpenTelemetry builds its exporters otherwise. */
describe.each([
  ['JSON', JsonExporter],
  ['protobuf', OTLPTraceExporter],
])('an exporter of OpenTelemetry for %s', (_form, Exporter) => {
  it.each([
    ['makes attempts of its own', false],
    ['makes one attempt where it is asked to', true],
  ])('%s', async (_what, single) => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.writeHead(503).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const stock = new Exporter({ url: `http://127.0.0.1:${port}/v1/traces`, timeoutMillis: 2500 });
    const exporter = single ? withSingleAttempts(stock) : stock;
    jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
    await waitedFor(new Promise((resolve) => exporter.export([finished()], resolve)));
    jest.useRealTimers();
    expect(requests > 1).toBe(!single);
    server.close();
  });

  it('that is built otherwise is left as it is', () => {
    const other = { export() {}, _delegate: { _transport: { send() {} } } };
    expect(withSingleAttempts(other)).toBe(other);
    expect(other._delegate._transport).toEqual({ send: expect.any(Function) });
  });
});
