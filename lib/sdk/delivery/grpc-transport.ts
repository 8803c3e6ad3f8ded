import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PendingParcel } from './parcel.js';
import { type Answer, certificates, cutOff, late, type OtlpConfig, type Transport } from './transport.js';

// CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS: as the OTLP specification says.
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);
const RESOURCE_EXHAUSTED = 8;
// What a proxy answers in place of the server, by the mapping of the gRPC specification: all of them are UNAVAILABLE.
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);
const LARGEST_ANSWER = 4 * 1024 * 1024;
const FRAME = 5;

const compress = promisify(gzip);
// Loaded with the first call only: most speak HTTP.
const require = createRequire(import.meta.url);

/**
 * OTLP over gRPC: one unary call for each parcel. Made of Node's own HTTP/2, since a channel of `@grpc/grpc-js` holds the
 * process while a call waits for its answer, and takes longer to load than everything else here together.
 */
export class GrpcTransport implements Transport {
  readonly #streams = new Set<ClientHttp2Stream>();
  readonly #url: URL;
  readonly #socket: string | undefined;
  #session: ClientHttp2Session | undefined;
  #headers: Record<string, string> = { 'content-type': 'application/grpc' };
  #tls: PendingParcel['tls'];

  /**
   * @param config its URL is a target: `unix:` is a socket, no scheme means TLS, and a path is ignored
   * @param path of the method, such as `/opentelemetry.proto.collector.trace.v1.TraceService/Export`
   */
  constructor(
    private readonly config: OtlpConfig,
    private readonly path: string,
  ) {
    const socket = /^unix:(.+)$/.exec(config.url)?.[1]?.replace(/^\/\/(?=\/)/, '');
    if (socket !== undefined) this.#socket = socket;
    const url = /^https?:\/\//.test(config.url) ? config.url : `https://${config.url}`;
    this.#url = new URL(socket === undefined ? url : 'http://localhost');
    this.#ready().catch(() => {});
  }

  async send(data: Uint8Array, timeoutMillis: number): Promise<Answer> {
    const deadline = performance.now() + timeoutMillis;
    try {
      await this.#ready();
      const isCompressed = this.config.compression === 'gzip';
      const message = isCompressed ? await compress(data) : data;
      return await this.#call(framed(message, isCompressed), Math.max(1, deadline - performance.now()));
    } catch (error) {
      return { status: 'retryable', error: error as Error };
    }
  }

  address() {
    return {
      protocol: 'grpc' as const,
      url: `${this.#url.origin}${this.path}`,
      headers: this.#headers,
      tls: this.#tls,
    };
  }

  abandon(): void {
    for (const stream of this.#streams) stream.destroy(cutOff());
    this.#session?.destroy();
  }

  shutdown(): void {
    this.#session?.destroy();
  }

  async #ready(): Promise<void> {
    const headers = Object.entries(await this.config.headers());
    this.#headers = {
      ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
      'content-type': 'application/grpc',
    };
    // The agent knows the certificates that the variables name.
    this.#tls ??= certificates(await this.config.agentFactory(this.#url.protocol));
  }

  #call(body: Buffer, timeoutMillis: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const session = this.#connected();
      const stream = session.request({
        ':method': 'POST',
        ':path': this.path,
        te: 'trailers',
        'user-agent': 'OTel-OTLP-Exporter-JavaScript',
        ...this.#headers,
        'grpc-timeout': `${Math.ceil(timeoutMillis)}m`,
        ...(this.config.compression === 'gzip' && { 'grpc-encoding': 'gzip' }),
      });
      this.#streams.add(stream);
      const timer = setTimeout(() => {
        stream.destroy(late(timeoutMillis));
        // A connection that has gone silent is not used again.
        this.#drop(session);
      }, timeoutMillis).unref();
      stream.on('close', () => {
        clearTimeout(timer);
        this.#streams.delete(stream);
        reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
      });
      // Where the connection failed, that is the cause of a cancelled stream.
      stream.on('error', (error) => reject(error.cause ?? error));
      read(stream).then(resolve, reject);
      stream.end(body);
    });
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { ca, cert, key } = this.#tls ?? {};
    const path = this.#socket;
    const createConnection = path === undefined ? undefined : () => connect(path);
    const http2 = require('node:http2') as typeof import('node:http2');
    const session = http2.connect(this.#url.origin, { ca, cert, key, ...(createConnection && { createConnection }) });
    session.unref();
    // Reported by the call that it fails.
    session.on('error', () => this.#drop(session));
    session.on('goaway', () => this.#drop(session));
    session.on('close', () => this.#drop(session));
    this.#session = session;
    return session;
  }

  #drop(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined;
    if (!session.destroyed) session.close();
  }
}

function framed(message: Uint8Array, isCompressed: boolean): Buffer {
  const frame = Buffer.alloc(FRAME + message.byteLength);
  frame.writeUInt8(isCompressed ? 1 : 0, 0);
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, FRAME);
  return frame;
}

function read(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let head: IncomingHttpHeaders = {};
    let tail: IncomingHttpHeaders = {};
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('trailers', (trailers) => {
      tail = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // What counts follows it, or does not within the time of the call.
      if (size <= LARGEST_ANSWER) chunks.push(chunk);
    });
    // An answer that is only a status has it in its head.
    stream.on('end', () => resolve(verdict({ ...head, ...tail }, Buffer.concat(chunks).subarray(FRAME))));
  });
}

function verdict(headers: IncomingHttpHeaders, data: Buffer): Answer {
  const status = Number(headers['grpc-status'] ?? Number.NaN);
  if (status === 0) return { status: 'success', data };
  if (Number.isNaN(status)) {
    const code = Number(headers[':status'] ?? 0);
    const error = new Error(code === 200 ? 'no gRPC answer' : `HTTP ${code}`);
    return { status: RETRYABLE_STATUS.has(code) || code === 200 ? 'retryable' : 'failure', error };
  }
  const error = new Error(`gRPC ${status}${inPlainText(headers['grpc-message'])}`);
  const retryInMillis = retryDelay(headers['grpc-status-details-bin']);
  // Exhausted for good, unless the server says when to come again.
  const isRetryable = RETRYABLE.has(status) || (status === RESOURCE_EXHAUSTED && retryInMillis !== undefined);
  return isRetryable ? { status: 'retryable', error, retryInMillis } : { status: 'failure', error };
}

function inPlainText(message: string | string[] | undefined): string {
  if (message === undefined || message === '') return '';
  try {
    return ` ${decodeURIComponent(String(message))}`;
  } catch {
    return ` ${message}`;
  }
}

/**
 * The delay of a `google.rpc.RetryInfo` in the details of a status, in milliseconds: found by its name, then read as the
 * protobuf `Duration { int64 seconds = 1; int32 nanos = 2; }` that it holds in its only field.
 */
function retryDelay(details: string | string[] | undefined): number | undefined {
  const bytes = Buffer.from(String(details ?? ''), 'base64');
  const name = 'type.googleapis.com/google.rpc.RetryInfo';
  const at = bytes.indexOf(name);
  if (at === -1) return undefined;
  // Any { type_url = 1; bytes value = 2 }, RetryInfo { Duration retry_delay = 1 }: two tags with their lengths.
  const duration = bytes.subarray(at + name.length + 4);
  let millis = 0;
  for (let index = 0; index < duration.length; ) {
    const tag = duration[index];
    const [value, next] = varint(duration, index + 1);
    if (tag === 0x08) millis += value * 1000;
    else if (tag === 0x10) millis += value / 1e6;
    else break;
    index = next;
  }
  return millis;
}

function varint(bytes: Uint8Array, start: number): [value: number, next: number] {
  let value = 0;
  for (let index = start, factor = 1; index < bytes.length; index += 1, factor *= 128) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, index + 1];
  }
  return [value, bytes.length];
}
