import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Environment } from '../../sdk/configuration/environment.js';
import type { OtlpTarget } from '../../sdk/export/otlp.js';
import type { Signal } from '../../sdk/export/signal.js';

/** What a destination says to an empty export. */
export interface Answer {
  readonly isAccepted: boolean;
  /** `HTTP 401`, `gRPC 16`, `ECONNREFUSED: …`. */
  readonly said: string;
  /** Of the HTTP answer, where it has one. */
  readonly date?: string | undefined;
}

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};

/**
 * Asks a destination to take nothing: an export without a single span, log record or metric, which is what an empty message of
 * OTLP is. Shows whether it answers, and takes the credentials. Made by Node alone: OpenTelemetry may not be there.
 */
export async function exportNothing(
  signal: Signal,
  target: OtlpTarget,
  env: Environment,
  timeoutMillis: number,
): Promise<Answer> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => {
      resolve({ isAccepted: false, said: `no answer within ${timeoutMillis} ms` });
      abort.abort();
    }, timeoutMillis);
  });
  try {
    const certificates = certificatesOf(signal, env);
    const send = target.protocol === 'grpc' ? byGrpc : byHttp;
    return await Promise.race([send(signal, target, certificates, abort.signal), late]);
  } catch (error) {
    return { isAccepted: false, said: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** `ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:4318`. */
export function reasonOf(error: unknown): string {
  const {
    code,
    message = String(error),
    errors,
  } = ((error as Error).cause ?? error) as NodeJS.ErrnoException & {
    errors?: Error[];
  };
  // Of a host with several addresses.
  const text = message || (errors?.[0]?.message ?? '');
  return [code, text].filter((part) => part !== undefined && part !== '').join(': ');
}

type Certificates = Readonly<Record<'ca' | 'cert' | 'key', Buffer | undefined>>;

function certificatesOf(signal: Signal, env: Environment): Certificates {
  const file = (name: string): Buffer | undefined => {
    const path =
      env.text(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`) ?? env.text(`OTEL_EXPORTER_OTLP_${name}`);
    return path === undefined ? undefined : readFileSync(path);
  };
  return { ca: file('CERTIFICATE'), cert: file('CLIENT_CERTIFICATE'), key: file('CLIENT_KEY') };
}

function byHttp(_signal: Signal, target: OtlpTarget, certificates: Certificates, abort: AbortSignal): Promise<Answer> {
  const isJson = target.protocol === 'http/json';
  const body = isJson ? '{}' : '';
  const request = target.url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = {
    ...target.headers,
    'content-type': isJson ? 'application/json' : 'application/x-protobuf',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request(target.url, { method: 'POST', headers, signal: abort, ...certificates, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume();
      response.once('close', () => sent.destroy());
      const isPage = /^text\/html/i.test(headers['content-type'] ?? '');
      const isGood = status >= 200 && status < 300;
      resolve({
        isAccepted: isGood && !isPage,
        said: isGood && isPage ? 'it answers with a web page' : `HTTP ${status}`,
        date: headers.date,
      });
    });
    sent.end(body);
  });
}

/** One call of gRPC: a message of no bytes, behind its five bytes of head. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function byGrpc(signal: Signal, target: OtlpTarget, certificates: Certificates, abort: AbortSignal): Promise<Answer> {
  const origin = /^https?:\/\//.test(target.url) ? target.url : `https://${target.url}`;
  return new Promise((resolve, reject) => {
    const session = connect(origin, { ...certificates });
    const end = (answer: () => void) => {
      session.destroy();
      answer();
    };
    abort.addEventListener('abort', () => session.destroy());
    session.once('error', (error) => end(() => reject(error)));
    session.once('connect', () => {
      const stream = session.request({
        ...target.headers,
        ':method': 'POST',
        ':path': `/${SERVICES[signal]}/Export`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const read = (headers: Record<string, unknown>) => {
        const status = headers['grpc-status'];
        if (status === undefined) {
          if (headers[':status'] !== 200) end(() => resolve({ isAccepted: false, said: `HTTP ${headers[':status']}` }));
          return;
        }
        const message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
        end(() => resolve({ isAccepted: status === '0', said: `gRPC ${status} ${message}`.trim() }));
      };
      stream.once('error', (error) => end(() => reject(error)));
      stream.once('response', read);
      stream.once('trailers', read);
      stream.once('close', () =>
        end(() => resolve({ isAccepted: false, said: 'it closes without an answer: Protocol error' })),
      );
      stream.resume();
      stream.end(Buffer.alloc(5));
    });
  });
}
