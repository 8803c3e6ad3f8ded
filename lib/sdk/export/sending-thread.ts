import { parentPort, workerData } from 'node:worker_threads';
import type { ExportResult } from '@opentelemetry/core';
import type { PendingExport } from './export-queue.js';
import type { Job, JobAnswer } from './grpc-sender.js';
import type { Signal } from './signal.js';

/** What the thread is given by a process that ends. */
export interface AtExit {
  readonly pending: readonly PendingExport[];
  /** Milliseconds after which nobody waits any more. */
  readonly timeout: number;
  /** How many attempts have ended; then, for each, whether it arrived. */
  readonly progress: Int32Array;
}

/** The part of an error of `@grpc/grpc-js` that is read here. */
interface ServiceError {
  readonly code: number;
  readonly details: string;
  readonly metadata: { get(name: string): (string | Buffer)[] };
}

type Send = (body: Uint8Array) => Promise<Omit<JobAnswer, 'id'>>;

const SERVICES = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };

/*
 * The thread in which `exit.ts` sends what is left of a process that is ending, and `grpc-sender.ts` everything. Its
 * environment holds what OpenTelemetry's exporters read.
 */
const senders = new Map<string, Promise<Send>>();

function senderOf({ signal, protocol, url, contentType }: Omit<PendingExport, 'body' | 'items'>): Promise<Send> {
  const key = `${signal} ${contentType} ${url}`;
  const sender = senders.get(key) ?? (protocol === 'grpc' ? byGrpc(signal, url) : byHttp(signal, url, contentType));
  senders.set(key, sender);
  return sender;
}

async function byHttp(signal: Signal, url: string, contentType: PendingExport['contentType']): Promise<Send> {
  const { httpSender } = await import('./http-sender.js');
  const sender = httpSender(signal, url, contentType);
  return async (body) => {
    const { status } = await sender.send({ body, contentType });
    return { code: status === 'accepted' ? 0 : undefined, message: status };
  };
}

async function byGrpc(signal: Signal, url: string): Promise<Send> {
  const { convertLegacyOtlpGrpcOptions, createInsecureCredentials, createOtlpGrpcExportDelegate } = await import(
    '@opentelemetry/otlp-grpc-exporter-base'
  );
  // A socket of this machine has no certificate.
  const credentials = url.startsWith('unix:') ? createInsecureCredentials() : undefined;
  const service = SERVICES[signal];
  let answer: Uint8Array | undefined;
  const delegate = createOtlpGrpcExportDelegate<Uint8Array, object>(
    convertLegacyOtlpGrpcOptions({ url, credentials }, signal.toUpperCase()),
    {
      serializeRequest: (body) => body,
      // Called right before the result is.
      deserializeResponse: (data) => {
        answer = data;
        return {};
      },
    },
    `otlp_grpc_${signal}`,
    { name: 'span', countItems: () => 0 },
    undefined,
    service,
    `/opentelemetry.proto.collector.${service}/Export`,
  );
  return (body) =>
    new Promise((resolve) => {
      delegate.export(body, ({ error }: ExportResult) => {
        if (error) resolve(failed(error, url));
        else resolve({ code: 0, message: '', data: answer });
        answer = undefined;
      });
    });
}

// Why a server could not be reached: of several clients that share the attempt, only one is told.
const reasons = new Map<string, string>();

/** @param error of `@grpc/grpc-js`, or of whatever comes before it */
function failed(error: Error, url: string): Omit<JobAnswer, 'id'> {
  const { code, details = error.message, metadata } = error as Partial<ServiceError>;
  const [, reason] = /Last error: (?!null)(.+)/.exec(details) ?? [];
  if (reason !== undefined) reasons.set(url, reason);
  const [status] = metadata?.get('grpc-status-details-bin') ?? [];
  return {
    code,
    message: details.replace('Last error: null', () => `Last error: ${reasons.get(url) ?? 'unknown'}`),
    willRecover: status?.includes('google.rpc.RetryInfo') === true,
  };
}

function exportAtExit({ pending, timeout, progress }: AtExit): void {
  // Nothing that sends holds this thread, which has to wait all the same. It ends with the process.
  setInterval(() => {}, timeout);
  pending.forEach((one, index) => {
    senderOf(one)
      .then((send) => send(one.body))
      .then(({ code }) => Atomics.store(progress, index + 1, code === 0 ? 1 : 0))
      .catch(() => {})
      .then(() => {
        Atomics.add(progress, 0, 1);
        Atomics.notify(progress, 0);
      });
  });
}

if (workerData) exportAtExit(workerData as AtExit);
else {
  parentPort?.on('message', ({ id, body, ...job }: Job) => {
    senderOf(job)
      .then((send) => send(body))
      .catch((error: Error) => ({ message: error.message }))
      .then((answer) => parentPort?.postMessage({ id, ...answer } satisfies JobAnswer));
  });
}
