import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { AttemptResult, Sender } from './attempt-result.js';
import { HttpAttempt, withSingleAttempts } from './http-attempt.js';
import { type ContentType, type Encoded, rejectedIn } from './otlp.js';
import { outside } from './outside.js';
import type { Signal } from './signal.js';

/** The part of the SDK's exporters that sends. */
export interface Exporter<Content> {
  export(content: Content, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

/** As the OTLP specification says. */
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);

/**
 * Sends what was encoded before, to be kept, by the part of OpenTelemetry's exporters that does not ask what it sends.
 *
 * @throws TypeError where the URL is none
 */
export function httpSender(signal: Signal, url: string, contentType: ContentType): Sender<Encoded> {
  const config = convertLegacyHttpOptions({ url }, signal.toUpperCase(), `v1/${signal}`, {
    'Content-Type': contentType,
  });
  const asItIs: ISerializer<Encoded, unknown> = {
    serializeRequest: ({ body }) => body,
    deserializeResponse: () => ({}),
  };
  const metrics = { name: 'span', countItems: () => 0 } as const;
  const delegate = createOtlpHttpExportDelegate(config, asItIs, `otlp_http_${signal}`, metrics, undefined);
  return new HttpSender(withSingleAttempts(delegate), signal, contentType);
}

/** Sends by one of OpenTelemetry's exporters for OTLP over HTTP. */
export class HttpSender<Content> implements Sender<Content> {
  readonly #attempts = new Set<HttpAttempt>();

  constructor(
    private readonly exporter: Exporter<Content>,
    private readonly signal: Signal,
    private readonly contentType: ContentType,
  ) {}

  async send(content: Content): Promise<AttemptResult> {
    const attempt = new HttpAttempt();
    const answer = await this.#attempt(content, attempt);
    // The collector closed an idle connection just as it was taken up again: no failure of its, and no reason to wait.
    return answer.status === 'retryable' && attempt.metClosedConnection
      ? this.#attempt(content, new HttpAttempt())
      : answer;
  }

  abandon(): void {
    for (const attempt of this.#attempts) attempt.abandon();
  }

  shutdown(): void {
    this.exporter.shutdown().catch(() => {});
  }

  async #attempt(content: Content, attempt: HttpAttempt): Promise<AttemptResult> {
    let result: ExportResult;
    this.#attempts.add(attempt);
    try {
      result = await new Promise((resolve) => {
        outside(() => attempt.run(() => this.exporter.export(content, resolve)));
      });
    } catch (error) {
      // It reports everything by its result, but for a batch that it cannot serialise.
      return { status: 'divisible', error: error as Error };
    } finally {
      this.#attempts.delete(attempt);
    }
    return this.#answer(result, attempt);
  }

  #answer({ code, error }: ExportResult, { status, contentType, response }: HttpAttempt): AttemptResult {
    const isAccepted = status !== undefined && status >= 200 && status < 300;
    if (code === ExportResultCode.SUCCESS || isAccepted) {
      // A server of web pages answers 200 to anything.
      if (/^text\/html/i.test(contentType)) return refused(new Error('it answers with a web page'));
      const data = response?.status === 'success' ? response.data : undefined;
      const isReadable = contentType === '' || contentType.startsWith(this.contentType);
      return { status: 'accepted', rejected: isReadable ? rejectedIn(data, this.signal, this.contentType) : undefined };
    }
    const reason = status === undefined ? (error ?? new Error('the export failed')) : new Error(`HTTP ${status}`);
    if (status === 413) return { status: 'divisible', error: reason };
    if (response?.status === 'retryable' || (status !== undefined && RETRYABLE_STATUS.has(status))) {
      const retryInMillis = response?.status === 'retryable' ? response.retryInMillis : undefined;
      return { status: 'retryable', error: reason, retryInMillis };
    }
    return isOfNetwork(reason) ? { status: 'retryable', error: reason } : refused(reason);
  }
}

function refused(error: Error): AttemptResult {
  return { status: 'refused', error };
}

/** A request that could not even be made is wrong for good; everything between here and the answer may pass. */
function isOfNetwork(error: Error): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message === 'Request timed out';
  return typeof code === 'string' && !/^ERR_(INVALID|HTTP_INVALID|UNESCAPED)/.test(code);
}
