import { MockOtlpServer } from '@elastic/mockotlpserver';
import { describe, expect, it, jest } from '@jest/globals';
import { run } from '../support/sdk-child.js';

jest.setTimeout(60_000);

/** As far as used here; the package has no types of its own for it. */
interface Receiver {
  httpUrl: string;
  grpcUrl: string;
  start(): Promise<void>;
  close(): Promise<void>;
}

describe('a receiver that is not ours', () => {
  it.each(['http/protobuf', 'http/json', 'grpc'])('understands all three signals by %s', async (protocol) => {
    const received: string[] = [];
    const keep = (request: object) => received.push(JSON.stringify(request));
    const server = new MockOtlpServer({
      logLevel: 'warn',
      services: [protocol === 'grpc' ? 'grpc' : 'http'],
      httpHostname: '127.0.0.1',
      httpPort: 0,
      grpcHostname: '127.0.0.1',
      grpcPort: 0,
      onTrace: keep,
      onMetrics: keep,
      onLogs: keep,
    }) as unknown as Receiver;
    await server.start();
    const ended = await run(['--import', 'annotel/register', 'work.mjs'], {
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? server.grpcUrl : server.httpUrl,
    });
    await server.close();
    expect(ended).toMatchObject({ code: 0, stdout: 'answer 42\n', stderr: '' });
    expect(received).toHaveLength(3);
    for (const content of ['"name":"work"', '"name":"app.count"', '"stringValue":"worked"']) {
      expect(received).toContainEqual(expect.stringContaining(content));
    }
    for (const request of received) expect(request).toContain('"stringValue":"shop"');
  });
});
