import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code?: number; message?: string };
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface ResourceSpans {
  resource: { attributes: OtlpSpan['attributes'] };
  scopeSpans: { spans: OtlpSpan[] }[];
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const accepts: Answer = (request, response) => {
  const type = request.headers['content-type'] ?? '';
  response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '');
};
export const unavailable: Answer = (_request, response) => {
  response.writeHead(503).end('overloaded');
};
export const hangs: Answer = () => {};

/** A collector for OTLP over HTTP that behaves as it is told. Contents are read where they are JSON. */
export class Collector {
  readonly requests: { path: string; headers: IncomingMessage['headers']; body: Buffer }[] = [];
  answer: Answer = accepts;
  private readonly server = createServer((request, response) => this.take(request, response));

  static async start(answer: Answer = accepts): Promise<Collector> {
    const collector = new Collector();
    collector.answer = answer;
    await collector.listen(0);
    return collector;
  }

  async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get spans(): OtlpSpan[] {
    return this.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  }

  get spanNames(): string[] {
    return this.spans.map(({ name }) => name);
  }

  get logBodies(): unknown[] {
    type Logs = { resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[] };
    return this.read<Logs>('/v1/logs')
      .flatMap(({ resourceLogs }) => resourceLogs.flatMap(({ scopeLogs }) => scopeLogs))
      .flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue));
  }

  get metricNames(): string[] {
    type Metrics = { resourceMetrics: { scopeMetrics: { metrics: { name: string }[] }[] }[] };
    return this.read<Metrics>('/v1/metrics')
      .flatMap(({ resourceMetrics }) => resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
      .flatMap(({ metrics }) => metrics.map(({ name }) => name));
  }

  /** Resource attributes of the first export of traces. */
  get resource(): Record<string, unknown> {
    return attributesOf(this.resourceSpans[0]?.resource);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    if (this.server.listening) await once(this.server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private get resourceSpans(): ResourceSpans[] {
    return this.read<{ resourceSpans: ResourceSpans[] }>('/v1/traces').flatMap(({ resourceSpans }) => resourceSpans);
  }

  private read<T>(path: string): T[] {
    return this.requests
      .filter((request) => request.path === path && request.headers['content-type'] === 'application/json')
      .map(({ body }) => JSON.parse(body.toString()));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      this.requests.push({ path: request.url ?? '', headers: request.headers, body });
      this.answer(request, response);
    });
  }
}

/** The attributes of anything in OTLP JSON as a plain object. */
export function attributesOf(item?: { attributes?: OtlpSpan['attributes'] }): Record<string, unknown> {
  return Object.fromEntries((item?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** A port on which nothing listens. */
export async function refusingUrl(): Promise<string> {
  const collector = await Collector.start();
  const { url } = collector;
  await collector.close();
  return url;
}
