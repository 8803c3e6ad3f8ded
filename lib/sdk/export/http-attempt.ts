import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';

const LONGEST_CONNECT = 2000;

const attempts = new AsyncLocalStorage<HttpAttempt>();
let isListening = false;

/**
 * One HTTP request of an OTLP exporter, observed by Node's `diagnostics_channel`
 * (https://nodejs.org/api/diagnostics_channel.html#http). The exporter does not report the status of an answer that it would
 * retry, and its socket would keep alive a process that is done.
 */
export class HttpAttempt {
  /** Of the answer, once its head is there. */
  status: number | undefined;
  contentType = '';
  /** The result of the exporter's transport; `undefined` where that could not be wrapped. */
  response: ExportResponse | undefined;
  #request: ClientRequest | undefined;

  /** Runs `work`; the request that it makes belongs to this attempt. */
  run<T>(work: () => T): T {
    if (!isListening) channel('http.client.request.created').subscribe(noteRequest);
    isListening = true;
    return attempts.run(this, work);
  }

  /** Whether the connection was an idle one that the other side closed just as it was taken up again. */
  get metClosedConnection(): boolean {
    return this.#request?.reusedSocket === true && this.status === undefined;
  }

  abandon(): void {
    this.#request?.destroy(timedOut('telemetry is shutting down'));
  }

  began(request: ClientRequest): void {
    this.#request = request;
    request.once('socket', (socket) => {
      socket.unref();
      // A host that is gone never answers, and the end of a process would wait for the whole timeout of the export.
      const late = () => socket.connecting && request.destroy(timedOut(`no connection within ${LONGEST_CONNECT} ms`));
      if (socket.connecting) setTimeout(late, LONGEST_CONNECT).unref();
    });
    request.once('response', ({ statusCode, headers }) => {
      this.status = statusCode;
      this.contentType = headers['content-type'] ?? '';
    });
  }
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

function noteRequest(message: unknown): void {
  attempts.getStore()?.began((message as { request: ClientRequest }).request);
}

/** The part of an OTLP exporter that is reached into here. */
interface Internals {
  _delegate?: Internals;
  _transport?: IExporterTransport & { _transport?: IExporterTransport };
}

/**
 * Lets an OTLP exporter make one attempt for each export. It would itself retry up to five times within ten seconds, on timers
 * that keep the process alive, and would report neither whether nor when to retry; there is no option for it
 * (https://github.com/open-telemetry/opentelemetry-js/issues/6220). What is replaced here is not public: an exporter that is
 * built otherwise stays as it is, and makes its own retries before those of the queue. `test/unit/sdk/export/http-sender.test.ts` fails when that happens.
 *
 * @param exporter an exporter, or what `createOtlpHttpExportDelegate` makes
 * @returns the same
 */
export function withSingleAttempts<E extends object>(exporter: E): E {
  const internals = exporter as Internals;
  const delegate = internals._delegate ?? internals;
  const transport = delegate._transport?._transport;
  if (typeof transport?.send !== 'function') return exporter;
  delegate._transport = {
    async send(data, timeoutMillis) {
      const response = await transport.send(data, timeoutMillis);
      const attempt = attempts.getStore();
      if (attempt) attempt.response = response;
      // No retry, and no report by the exporter: the queue does both, from `response`.
      if (response.status === 'success') return { status: 'success' };
      return { status: 'failure', error: response.error ?? new Error('the export failed') };
    },
    shutdown: () => transport.shutdown(),
  };
  return exporter;
}
