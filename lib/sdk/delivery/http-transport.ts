import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Answer, certificates, cutOff, late, type OtlpConfig, type Transport } from './transport.js';

// As the OTLP specification says; all other answers are final.
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);
const LARGEST_ANSWER = 4 * 1024 * 1024;

const compress = promisify(gzip);
// An import would read every name that it exports, and so load Node's web socket client at start.
const require = createRequire(import.meta.url);

/** OTLP over HTTP. Unlike the exporters' own transport it makes one attempt, and its sockets never hold the process. */
export class HttpTransport implements Transport {
  readonly #requests = new Set<ClientRequest>();
  #agent: Agent | undefined;
  #headers: Record<string, string> = {};

  /** @param contentType until the headers are known, which takes a turn */
  constructor(
    private readonly config: OtlpConfig,
    contentType?: string,
  ) {
    if (contentType !== undefined) this.#headers = { 'Content-Type': contentType };
    // For who asks for the address before anything was sent. Only TLS has more to know than the headers.
    const known = config.url.startsWith('https:') ? this.#ready() : this.#readHeaders();
    known.catch(() => {});
  }

  async send(data: Uint8Array, timeoutMillis: number): Promise<Answer> {
    try {
      const agent = await this.#ready();
      return await this.#post(this.config.compression === 'gzip' ? await compress(data) : data, agent, timeoutMillis);
    } catch (error) {
      return isOfNetwork(error)
        ? { status: 'retryable', error: error as Error }
        : { status: 'failure', error: error as Error };
    }
  }

  address() {
    return {
      protocol: 'http' as const,
      url: this.config.url,
      headers: Object.fromEntries(Object.entries(this.#headers).map(([name, value]) => [name.toLowerCase(), value])),
      tls: certificates(this.#agent),
    };
  }

  abandon(): void {
    for (const request of this.#requests) request.destroy(cutOff());
  }

  shutdown(): void {
    this.#agent?.destroy();
  }

  /** Headers anew for each attempt: what computes them may hand out a fresh token. */
  async #readHeaders(): Promise<void> {
    this.#headers = await this.config.headers();
  }

  async #ready(): Promise<Agent> {
    await this.#readHeaders();
    this.#agent ??= await this.config.agentFactory(new URL(this.config.url).protocol);
    return this.#agent;
  }

  async #post(body: Uint8Array, agent: Agent, timeoutMillis: number): Promise<Answer> {
    const { url, compression } = this.config;
    const { request: open } = require(
      url.startsWith('https:') ? 'node:https' : 'node:http',
    ) as typeof import('node:http');
    const request = open(url, {
      method: 'POST',
      agent,
      headers: {
        'User-Agent': 'OTel-OTLP-Exporter-JavaScript',
        ...this.#headers,
        ...(compression === 'gzip' && { 'Content-Encoding': 'gzip' }),
        'Content-Length': body.byteLength,
      },
    });
    this.#requests.add(request);
    const timer = setTimeout(() => request.destroy(late(timeoutMillis)), timeoutMillis).unref();
    try {
      return await answer(request, body, String(request.getHeader('content-type') ?? ''));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The collector closed an idle connection just as it was taken up again: that is no failure of its own.
      if (request.reusedSocket && code === 'ECONNRESET') return this.#post(body, agent, timeoutMillis);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
    }
  }
}

function answer(request: ClientRequest, body: Uint8Array, asked: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('socket', (socket) => socket.unref());
    request.on('error', reject);
    request.on('response', (response) => {
      read(response).then((data) => resolve(verdict(response, data, asked)), reject);
    });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    // What counts was said in its head. The rest is not waited for.
    if (size > LARGEST_ANSWER) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param asked content type of the request, in which the answer has to be, too */
function verdict({ statusCode = 0, headers }: IncomingMessage, data: Buffer, asked: string): Answer {
  if (statusCode >= 200 && statusCode < 300) return accepted(headers['content-type'] ?? '', data, asked);
  const error = new Error(`HTTP ${statusCode}`);
  if (!RETRYABLE_STATUS.has(statusCode)) return { status: 'failure', error };
  return { status: 'retryable', error, retryInMillis: retryAfter(headers['retry-after']) };
}

/** A server of web pages answers 200 to anything. Others say nothing of interest in another format. */
function accepted(type: string, data: Buffer, asked: string): Answer {
  if (/^text\/html/i.test(type)) return { status: 'failure', error: new Error('it answers with a web page') };
  return { status: 'success', data: type === '' || type.startsWith(asked) ? data : undefined };
}

/** `Retry-After` in milliseconds from now: it holds seconds or a date. */
function retryAfter(value?: string): number | undefined {
  if (value === undefined) return undefined;
  const millis = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(millis) ? undefined : Math.max(0, millis);
}

/** A request that could not even be made is wrong for good; everything between here and the answer may pass. */
function isOfNetwork(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && !/^ERR_(INVALID|HTTP_INVALID|UNESCAPED)/.test(code);
}
