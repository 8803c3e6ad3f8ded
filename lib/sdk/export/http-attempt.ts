import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { ExportResponse, IExporterTransport } from '@opentelemetry/otlp-exporter-base';

const LONGEST_CONNECT = 2000;

const attempts = new AsyncLocalStorage<HttpAttempt>();
let isListening = false;

/**
 * What OpenTelemetry's HTTP exporter does not tell of one attempt, watched by Node's own `diagnostics_channel`: the status of
 * the answer, which it leaves out where it would try again, and the socket, which would hold a process that is done.
 */
export class HttpAttempt {
  /** Of the answer, once its head is there. */
  status: number | undefined;
  contentType = '';
  /** As the exporter's transport told it; `undefined` where it could not be asked. */
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
      // A host that is gone says nothing at all, and a process that is done would wait for it until the answer is due.
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
 * Lets an OTLP exporter make one attempt for each export. It would make up to six itself, within ten seconds and between
 * timers that hold a process that is done, and would tell neither whether another attempt is worth while nor when; there is
 * no option for it. What is changed here is not public: an exporter that is built otherwise stays as it is, and makes its own
 * attempts before ours. `test/unit/sdk/export/http-sender.test.ts` fails when that happens.
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
      // Nothing is left for the exporter to report: that is done, once, by whoever reads `response`.
      if (response.status === 'success') return { status: 'success' };
      return { status: 'failure', error: response.error ?? new Error('the export failed') };
    },
    shutdown: () => transport.shutdown(),
  };
  return exporter;
}
