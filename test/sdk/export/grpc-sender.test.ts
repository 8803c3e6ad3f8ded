import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GrpcTransport } from '../../../lib/sdk/delivery/grpc-transport.js';
import { refusingUrl } from '../../support/sdk-collector.js';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const same = (bytes: Buffer) => bytes;

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

/** A server of `@grpc/grpc-js`, which annotel does not use itself. */
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

describe('GrpcTransport', () => {
  const data = new TextEncoder().encode('spans');
  let url: string;
  let server: Server;
  let handler: Handler;
  let calls: { body: string; metadata: Record<string, unknown> }[];
  let holding: NodeJS.Timeout;

  beforeEach(async () => {
    calls = [];
    handler = (_call, done) => done(null, Buffer.from('taken'));
    ({ url, server } = await serve((call, done) => {
      calls.push({ body: call.request.toString(), metadata: call.metadata.getMap() });
      handler(call, done);
    }));
    // Nothing of the transport holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(() => {
    clearInterval(holding);
    server.forceShutdown();
  });

  const transport = (target: { url?: string; compression?: 'gzip' | 'none' } = {}) =>
    new GrpcTransport(
      {
        url: target.url ?? url,
        compression: target.compression ?? 'none',
        headers: async () => ({ 'Content-Type': 'application/x-protobuf', 'X-Key': 'secret' }),
        agentFactory: () => new Agent(),
      },
      PATH,
    );
  const fails = (code: number, details: string, metadata?: Metadata): Handler => {
    return (_call, done) => done({ code, details, ...(metadata && { metadata }) });
  };

  it.each(['none', 'gzip'] as const)('calls, and hands back the answer; compression: %s', async (compression) => {
    const sender = transport({ compression });
    expect(await sender.send(data, 5000)).toEqual({ status: 'success', data: Buffer.from('taken') });
    expect(await sender.send(data, 5000)).toMatchObject({ status: 'success' });
    expect(calls).toMatchObject([{ body: 'spans', metadata: { 'x-key': 'secret' } }, { body: 'spans' }]);
    sender.shutdown();
  });

  it.each([1, 4, 10, 11, 14, 15])('says that status %i is worth another attempt', async (code) => {
    handler = fails(code, 'not now, später');
    expect(await transport().send(data, 5000)).toEqual({
      status: 'retryable',
      error: new Error(`gRPC ${code} not now, später`),
    });
  });

  it.each([2, 3, 5, 6, 7, 8, 9, 12, 13, 16])('takes status %i for an answer', async (code) => {
    handler = fails(code, '');
    expect(await transport().send(data, 5000)).toEqual({ status: 'failure', error: new Error(`gRPC ${code}`) });
  });

  it.each([
    [8, 'an exhausted server'],
    [14, 'one that is not there'],
  ])('comes again when status %i, of %s, says', async (code) => {
    // google.rpc.Status { details: [RetryInfo { retry_delay { seconds: 300, nanos: 500000000 } }] }
    const name = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
    const duration = Buffer.from([0x08, 0xac, 0x02, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    const info = Buffer.concat([Buffer.from([0x0a, duration.length]), duration]);
    const any = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x12, info.length]), info]);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.concat([Buffer.from([0x08, code, 0x1a, any.length]), any]));
    handler = fails(code, 'later', metadata);
    expect(await transport().send(data, 5000)).toMatchObject({ status: 'retryable', retryInMillis: 300_500 });
  });

  it('reports a refused connection', async () => {
    expect(await transport({ url: await refusingUrl() }).send(data, 5000)).toMatchObject({
      status: 'retryable',
      error: { code: 'ECONNREFUSED' },
    });
  });

  it('reports a server that does not answer in time, and connects anew after it', async () => {
    handler = () => {};
    const sender = transport();
    expect(await sender.send(data, 100)).toMatchObject({ status: 'retryable', error: { code: 'ETIMEDOUT' } });
    handler = (_call, done) => done(null, Buffer.from('taken'));
    expect(await sender.send(data, 5000)).toMatchObject({ status: 'success' });
  });

  it('reports one that speaks something else', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(await transport({ url: `http://127.0.0.1:${port}` }).send(data, 5000)).toMatchObject({
      status: 'retryable',
    });
    other.close();
  });

  it('reaches a server again that was restarted', async () => {
    const sender = transport();
    await sender.send(data, 5000);
    server.forceShutdown();
    expect(await sender.send(data, 5000)).toMatchObject({ status: 'retryable' });
    ({ server } = await serve((_call, done) => done(null, Buffer.from('back')), new URL(url).host));
    expect(await sender.send(data, 5000)).toEqual({ status: 'success', data: Buffer.from('back') });
  });

  it('takes no more of an answer than it can use', async () => {
    handler = (_call, done) => done(null, Buffer.alloc(6 * 1024 * 1024));
    const answer = await transport().send(data, 5000);
    expect(answer).toMatchObject({ status: 'success' });
    expect((answer as { data: Uint8Array }).data.byteLength).toBeLessThan(4 * 1024 * 1024);
  });

  it('lets go of a server that hangs', async () => {
    handler = () => {};
    const sender = transport();
    const sending = sender.send(data, 60_000);
    while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sender.abandon();
    expect(await sending).toMatchObject({ status: 'retryable' });
  });

  it('speaks to a socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'annotel-grpc-'));
    const there = await serve((_call, done) => done(null, Buffer.from('by socket')), `unix:${folder}/s`);
    for (const target of [`unix:${folder}/s`, `unix://${folder}/s`]) {
      const sender = transport({ url: target });
      expect(await sender.send(data, 5000)).toEqual({ status: 'success', data: Buffer.from('by socket') });
      sender.shutdown();
    }
    there.server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  it('tells where it sends', async () => {
    const sender = transport({ url: `${url}/ignored` });
    await sender.send(data, 5000);
    expect(sender.address()).toEqual({
      protocol: 'grpc',
      url: `${url}${PATH}`,
      headers: { 'content-type': 'application/grpc', 'x-key': 'secret' },
    });
  });

  it('speaks TLS to a target without a scheme', () => {
    expect(transport({ url: 'collector.example:4317' }).address().url).toBe(`https://collector.example:4317${PATH}`);
  });
});
