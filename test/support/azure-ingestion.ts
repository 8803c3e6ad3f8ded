import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One piece of telemetry as Azure Monitor takes it. */
export interface Envelope {
  name: string;
  sampleRate: number;
  iKey: string;
  tags: Record<string, string>;
  data: { baseType: string; baseData: Record<string, unknown> & { properties: Record<string, string> } };
}

export type Answer = (request: IncomingMessage, response: ServerResponse, items: Envelope[]) => void;

export const takesAll: Answer = (_request, response, items) => {
  reply(response, 200, { itemsReceived: items.length, itemsAccepted: items.length, errors: [] });
};
export const takesNone = (status: number, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => reply(response, status, { errors: [] }, headers);
};
export const refuses = (...errors: { index: number; statusCode: number; message: string }[]): Answer => {
  return (_request, response, items) =>
    reply(response, 206, { itemsReceived: items.length, itemsAccepted: items.length - errors.length, errors });
};
export const saysNothing: Answer = () => {};

const KEY = '11111111-2222-3333-4444-555555555555';

/** The ingestion endpoint of Azure Monitor on a local port, with TLS, answering as it is told. */
export class Ingestion {
  readonly batches: Envelope[][] = [];
  readonly requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  answer: Answer = takesAll;

  private constructor(
    private readonly folder: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  static async start(): Promise<Ingestion> {
    const folder = mkdtempSync(join(tmpdir(), 'annotel-azure-'));
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const ingestion = new Ingestion(folder, server);
    server.on('request', (request, response) => ingestion.take(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return ingestion;
  }

  /** File with the certificate to trust, for `NODE_EXTRA_CA_CERTS`. */
  get certificateFile(): string {
    return join(this.folder, 'cert.pem');
  }

  get certificate(): string {
    return readFileSync(this.certificateFile, 'utf8');
  }

  get connectionString(): string {
    const { port } = this.server.address() as AddressInfo;
    return `InstrumentationKey=${KEY};IngestionEndpoint=https://localhost:${port}/`;
  }

  /** All that was sent, accepted or not, without what the exporter says of the resource. */
  get envelopes(): Envelope[] {
    return this.batches.flat().filter(({ data }) => !JSON.stringify(data).includes('_OTELRESOURCE_'));
  }

  of(baseType: string): Envelope[] {
    return this.envelopes.filter(({ data }) => data.baseType === baseType);
  }

  /** The base data of a type, without version and kind. */
  data(baseType: string): Record<string, unknown>[] {
    return this.of(baseType).map(({ data: { baseData } }) => {
      const { ver, version, kind, ...rest } = baseData;
      return rest;
    });
  }

  reset(): void {
    this.batches.length = 0;
    this.requests.length = 0;
    this.answer = takesAll;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const items = JSON.parse(Buffer.concat(chunks).toString()) as Envelope[];
      this.requests.push({ path: request.url ?? '', headers: request.headers });
      this.batches.push(items);
      this.answer(request, response, items);
    });
  }
}

function reply(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body));
}
