import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Sender } from '../../../../lib/sdk/export/attempt-result.js';
import { grpcBatchSender, grpcSender, useExporterEnvironment } from '../../../../lib/sdk/export/grpc-sender.js';
import type { Encoded } from '../../../../lib/sdk/export/otlp.js';
import { refusingUrl } from '../../../support/sdk-collector.js';
import { finished } from '../../../support/sdk-span.js';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const same = (bytes: Buffer) => bytes;

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

/** A server of `@grpc/grpc-js`. */
async function serve(handler: Handler, on = '127.0.0.1:0'): Promise<{ url: string; server: Server }> {
  const server = new Server();
  const method = { path: PATH, requestStream: false, responseStream: false } as const;
  server.addService(
    {
      export: {
        ...method,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    { export: handler },
  );
  const port = await promisify(server.bindAsync.bind(server))(on, ServerCredentials.createInsecure());
  return { url: `http://127.0.0.1:${port}`, server };
}

describe('sending by gRPC', () => {
  const data: Encoded = { body: new TextEncoder().encode('spans'), contentType: 'application/x-protobuf' };
  let url: string;
  let server: Server;
  let handler: Handler;
  let calls: { body: string; metadata: Record<string, unknown> }[];
  let holding: NodeJS.Timeout;

  beforeEach(async () => {
    calls = [];
    handler = (_call, done) => done(null, Buffer.alloc(0));
    ({ url, server } = await serve((call, done) => {
      calls.push({ body: call.request.toString(), metadata: call.metadata.getMap() });
      handler(call, done);
    }));
    // Nothing of the transport holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(() => {
    // The last one ends the thread, and the next one starts with an environment of its own.
    for (const one of open.splice(0)) one.shutdown();
    clearInterval(holding);
    server.forceShutdown();
  });

  const open: Sender<Encoded>[] = [];
  const sender = (environment: Record<string, string> = {}, target = url) => {
    useExporterEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret', ...environment });
    const one = grpcSender('traces', { protocol: 'grpc', url: target });
    open.push(one);
    return one;
  };
  const fails = (code: number, details: string, metadata?: Metadata): Handler => {
    return (_call, done) => done({ code, details, ...(metadata && { metadata }) });
  };

  it.each(['none', 'gzip'] as const)('calls, and hands back the answer; compression: %s', async (compression) => {
    const one = sender({ OTEL_EXPORTER_OTLP_COMPRESSION: compression });
    expect(await one.send(data)).toEqual({ status: 'accepted', rejected: undefined });
    expect(await one.send(data)).toMatchObject({ status: 'accepted' });
    expect(calls).toMatchObject([{ body: 'spans', metadata: { 'x-key': 'secret' } }, { body: 'spans' }]);
  });

  it.each([1, 4, 10, 11, 14, 15])('says that status %i is worth another attempt', async (code) => {
    handler = fails(code, 'not now, später');
    expect(await sender().send(data)).toEqual({
      status: 'retryable',
      error: new Error(`gRPC ${code} not now, später`),
    });
  });

  it.each([2, 3, 5, 6, 7, 8, 9, 12, 13, 16])('takes status %i for an answer', async (code) => {
    handler = fails(code, '');
    expect(await sender().send(data)).toEqual({ status: 'refused', error: new Error(`gRPC ${code}`) });
  });

  it('tries again where an exhausted server says that it will recover', async () => {
    // google.rpc.Status { details: [RetryInfo { retry_delay { seconds: 300, nanos: 500000000 } }] }
    const name = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
    const duration = Buffer.from([0x08, 0xac, 0x02, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    const info = Buffer.concat([Buffer.from([0x0a, duration.length]), duration]);
    const any = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x12, info.length]), info]);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.concat([Buffer.from([0x08, 8, 0x1a, any.length]), any]));
    handler = fails(8, 'later', metadata);
    expect(await sender().send(data)).toMatchObject({ status: 'retryable' });
  });

  it('says that what is too large may be taken in parts', async () => {
    handler = fails(8, 'grpc: received message larger than max (5 vs. 4)');
    expect(await sender().send(data)).toMatchObject({ status: 'divisible' });
  });

  it('reads what the server did not take', async () => {
    // ExportTraceServiceResponse { partial_success { rejected_spans: 2, error_message: "too old" } }
    handler = (_call, done) => done(null, Buffer.from([0x0a, 0x0b, 0x08, 2, 0x12, 7, ...Buffer.from('too old')]));
    expect(await sender().send(data)).toEqual({ status: 'accepted', rejected: { items: 2, message: 'too old' } });
  });

  it('reports a refused connection', async () => {
    expect(await sender({}, await refusingUrl()).send(data)).toMatchObject({
      status: 'retryable',
      error: { message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('reports a server that does not answer in time, and reaches it after that', async () => {
    handler = () => {};
    const one = sender({ OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    expect(await one.send(data)).toMatchObject({
      status: 'retryable',
      error: { message: expect.stringContaining('gRPC 4') },
    });
    handler = (_call, done) => done(null, Buffer.alloc(0));
    expect(await one.send(data)).toMatchObject({ status: 'accepted' });
  });

  it('reports one that speaks something else', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(await sender({}, `http://127.0.0.1:${port}`).send(data)).toMatchObject({ status: 'retryable' });
    other.close();
  });

  it('reaches a server again that was restarted', async () => {
    const one = sender();
    await one.send(data);
    server.forceShutdown();
    expect(await one.send(data)).toMatchObject({ status: 'retryable' });
    ({ server } = await serve((_call, done) => done(null, Buffer.alloc(0)), new URL(url).host));
    let answer = await one.send(data);
    while (answer.status === 'retryable') answer = await one.send(data);
    expect(answer).toMatchObject({ status: 'accepted' });
  });

  it('lets go of a server that hangs', async () => {
    handler = () => {};
    const one = sender();
    const sending = one.send(data);
    while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    one.abandon();
    expect(await sending).toMatchObject({
      status: 'retryable',
      error: { message: 'gRPC 14 telemetry is shutting down' },
    });
  });

  it('speaks to a socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'annotel-grpc-'));
    const there = await serve((_call, done) => done(null, Buffer.alloc(0)), `unix:${folder}/s`);
    for (const target of [`unix:${folder}/s`, `unix://${folder}/s`]) {
      expect(await sender({}, target).send(data)).toMatchObject({ status: 'accepted' });
    }
    there.server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  it('sends batches, too', async () => {
    useExporterEnvironment({});
    const one = grpcBatchSender('traces', { protocol: 'grpc', url });
    expect(await one.send([finished({ name: 'work' })])).toMatchObject({ status: 'accepted' });
    expect(calls[0]?.body).toContain('work');
    one.shutdown();
  });

  it('refuses what was written as JSON', async () => {
    const json = { ...data, contentType: 'application/json' } as const;
    expect(await sender().send(json)).toMatchObject({ status: 'refused' });
    expect(calls).toEqual([]);
  });

  it('refuses a target that is none', () => {
    expect(() => grpcSender('traces', { protocol: 'grpc', url: 'http://' })).toThrow('Invalid URL');
  });
});
