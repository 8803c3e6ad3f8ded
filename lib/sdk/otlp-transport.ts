import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';

/** Where and how to send; what `@opentelemetry/otlp-exporter-base` reads from `OTEL_EXPORTER_OTLP_*`. */
interface Target {
  readonly url: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly agentFactory: (protocol: string) => Agent | Promise<Agent>;
}

// The retry policy of the OpenTelemetry exporters: at most five more attempts, with growing and jittered pauses.
const RETRIES = 5;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5000;
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);
const RETRYABLE_ERROR = new Set(
  'ECONNRESET ECONNREFUSED EPIPE ETIMEDOUT EAI_AGAIN ENOTFOUND ENETUNREACH EHOSTUNREACH'.split(' '),
);
const LARGEST_ANSWER = 4 * 1024 * 1024;

const compress = promisify(gzip);

/**
 * OTLP over HTTP, with the one property that the exporters' own transport lacks: it never holds the process. Sockets and
 * pauses are unreferenced, and both can be ended. An app that is done ends, however its collector behaves.
 */
export class OtlpTransport implements IExporterTransport {
  readonly #requests = new Set<ClientRequest>();
  readonly #wakeups = new Set<() => void>();
  #agent: Agent | Promise<Agent> | undefined;
  #isClosing = false;

  constructor(private readonly target: Target) {}

  async send(data: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    const deadline = Date.now() + timeoutMillis;
    const body = this.target.compression === 'gzip' ? await compress(data) : data;
    for (let retries = 0, next = FIRST_PAUSE; ; retries += 1, next = Math.min(next * 1.5, LONGEST_PAUSE)) {
      const response = await this.#post(body, Math.max(1, deadline - Date.now()));
      if (response.status !== 'retryable' || retries === RETRIES || this.#isClosing) return response;
      const pause = response.retryInMillis ?? next * (0.8 + Math.random() * 0.4);
      if (pause > deadline - Date.now()) return response;
      await this.#pause(pause);
    }
  }

  /** The process is about to end: whatever waits for a next attempt makes it now, and none follows a failed one. */
  close(): void {
    this.#isClosing = true;
    for (const wake of this.#wakeups) wake();
  }

  /** Ends the attempts under way. */
  abandon(): void {
    this.close();
    for (const request of this.#requests) request.destroy(new Error('telemetry is shutting down'));
  }

  /** Called by the exporter when its last export has ended. */
  async shutdown(): Promise<void> {
    (await this.#agent)?.destroy();
  }

  async #post(body: Uint8Array, timeoutMillis: number): Promise<ExportResponse> {
    const { url, headers, agentFactory, compression } = this.target;
    const { protocol } = new URL(url);
    this.#agent ??= agentFactory(protocol);
    const request = (protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: await this.#agent,
      headers: {
        'User-Agent': 'OTel-OTLP-Exporter-JavaScript',
        ...(await headers()),
        ...(compression === 'gzip' && { 'Content-Encoding': 'gzip' }),
        'Content-Length': body.byteLength,
      },
    });
    this.#requests.add(request);
    const late = Object.assign(new Error(`no answer within ${timeoutMillis} ms`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => request.destroy(late), timeoutMillis).unref();
    try {
      return await answer(request, body);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The collector closed an idle connection just as it was taken up again: that is no failure of its own.
      if (request.reusedSocket && code === 'ECONNRESET') return this.#post(body, timeoutMillis);
      return {
        status: code !== undefined && RETRYABLE_ERROR.has(code) ? 'retryable' : 'failure',
        error: error as Error,
      };
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
    }
  }

  #pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakeups.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, millis).unref();
      this.#wakeups.add(wake);
    });
  }
}

function answer(request: ClientRequest, body: Uint8Array): Promise<ExportResponse> {
  return new Promise((resolve, reject) => {
    request.on('socket', (socket) => socket.unref());
    request.on('error', reject);
    request.on('response', (response) => {
      read(response).then((data) => resolve(verdict(response, data)), reject);
    });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`the answer is larger than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function verdict({ statusCode = 0, headers }: IncomingMessage, data: Buffer): ExportResponse {
  if (statusCode >= 200 && statusCode < 300) return { status: 'success', data };
  const error = new Error(`HTTP ${statusCode}`);
  if (!RETRYABLE_STATUS.has(statusCode)) return { status: 'failure', error };
  const retryInMillis = retryAfter(headers['retry-after']);
  return { status: 'retryable', error, ...(retryInMillis !== undefined && { retryInMillis }) };
}

/** `Retry-After` in milliseconds from now: it holds seconds or a date. */
function retryAfter(value?: string): number | undefined {
  if (value === undefined) return undefined;
  const millis = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(millis) ? undefined : Math.max(0, millis);
}
