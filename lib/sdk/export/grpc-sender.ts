import { existsSync } from 'node:fs';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { messageOf } from '../warnings.js';
import type { AttemptResult, Sender } from './attempt-result.js';
import { type Encoded, encode, type OtlpTarget, rejectedIn } from './otlp.js';
import { outside } from './outside.js';
import type { BatchOf, Signal } from './signal.js';

/** What the thread is asked to send, by number. */
export interface Job extends Encoded, OtlpTarget {
  readonly id: number;
  readonly signal: Signal;
}

/** What became of it. */
export interface JobAnswer {
  readonly id: number;
  /** The status of gRPC, 0 where it was accepted; `undefined` where it could not even be tried. */
  readonly code?: number | undefined;
  readonly message: string;
  /** Whether the server says that it will recover, which status 8 alone does not. */
  readonly willRecover?: boolean;
  readonly data?: Uint8Array | undefined;
}

/** The statuses after which the OTLP specification asks for another attempt. */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);
const RESOURCE_EXHAUSTED = 8;

let exporterEnvironment: Readonly<Record<string, string>> = {};

/** @param environment the variables that OpenTelemetry's exporters read in the thread as they do here */
export function useExporterEnvironment(environment: Readonly<Record<string, string>>): void {
  exporterEnvironment = environment;
}

/** Where the thread is, that sends by gRPC and what is left at an exit. */
export function threadFile(): URL {
  // The build makes a file of its own of what is named like this.
  const built = new URL('./sending-thread.js', import.meta.url);
  // Sources that run as they are use the built one.
  return existsSync(built) ? built : new URL(`../../../dist/lib/sdk/export/sending-thread.cjs`, import.meta.url);
}

/** Neither the app's flags nor its NODE_OPTIONS: they would start telemetry, and the app's other preloads, once more. */
export function threadOptions(workerData?: unknown): WorkerOptions {
  return { execArgv: [], env: exporterEnvironment, workerData };
}

/**
 * The thread that sends by gRPC. `@grpc/grpc-js`, which OpenTelemetry's exporters use, holds a process as long as a call
 * waits for its answer or a connection for its server, and has no option against it; a thread that is not referenced holds
 * nobody.
 */
class GrpcThread {
  readonly #waiting = new Map<number, (answer: JobAnswer) => void>();
  #worker: Worker | undefined;
  #last = 0;
  #users = 0;

  join(): void {
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#end('telemetry has ended');
  }

  send(job: Omit<Job, 'id'>): Promise<JobAnswer> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#thread().postMessage({ ...job, id } satisfies Job);
    });
  }

  #thread(): Worker {
    this.#worker ??= outside(() => {
      const worker = new Worker(threadFile(), threadOptions());
      worker.on('message', (answer: JobAnswer) => {
        this.#waiting.get(answer.id)?.(answer);
        this.#waiting.delete(answer.id);
      });
      worker.on('error', (error) => {
        if (this.#worker === worker) this.#end(messageOf(error));
      });
      worker.unref();
      return worker;
    });
    return this.#worker;
  }

  #end(message: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const [id, resolve] of this.#waiting) resolve({ id, message, code: 14 });
    this.#waiting.clear();
  }
}

const thread = new GrpcThread();

/**
 * Sends what was encoded by OpenTelemetry's exporter for gRPC, in a thread.
 *
 * @throws TypeError where the target is none; Error in a bundle
 */
export function grpcSender(signal: Signal, target: OtlpTarget): Sender<Encoded> {
  // The exporter takes only this form of a path.
  const url = target.url.replace(/^unix:(?=\/[^/])/, 'unix://');
  new URL(/^\w{1,8}:\/\//.test(url) ? url : `https://${url}`);
  if (!existsSync(threadFile())) {
    throw new Error(
      'a bundle leaves out the file that sends by gRPC; OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf needs none, or leave annotel external',
    );
  }
  thread.join();
  const abandoned = new Set<() => void>();
  return {
    async send(encoded) {
      if (encoded.contentType === 'application/json') {
        return { status: 'refused', error: new Error('it was written as JSON, which gRPC does not take') };
      }
      let abandon = () => {};
      const end = new Promise<JobAnswer>((resolve) => {
        abandon = () => resolve({ id: 0, code: 14, message: 'telemetry is shutting down' });
      });
      abandoned.add(abandon);
      const answer = await Promise.race([thread.send({ signal, ...target, url, ...encoded }), end]);
      abandoned.delete(abandon);
      return understood(answer, signal);
    },
    abandon() {
      for (const end of abandoned) end();
    },
    shutdown: () => thread.leave(),
  };
}

/** As {@link grpcSender}, of batches. */
export function grpcBatchSender<S extends Signal>(signal: S, target: OtlpTarget): Sender<BatchOf[S]> {
  const sender = grpcSender(signal, target);
  return {
    ...sender,
    async send(batch) {
      let encoded: Encoded;
      try {
        encoded = encode(signal, batch, 'application/x-protobuf');
      } catch (error) {
        return { status: 'divisible', error: error as Error };
      }
      return sender.send(encoded);
    },
  };
}

function understood({ code, message, willRecover, data }: JobAnswer, signal: Signal): AttemptResult {
  if (code === 0) return { status: 'accepted', rejected: rejectedIn(data, signal, 'application/x-protobuf') };
  if (code === undefined) return { status: 'refused', error: new Error(message) };
  const error = new Error(`gRPC ${code} ${message}`.trimEnd());
  if (code === RESOURCE_EXHAUSTED && /larger than max/i.test(message)) return { status: 'divisible', error };
  const isRetryable = RETRYABLE.has(code) || (code === RESOURCE_EXHAUSTED && willRecover === true);
  return { status: isRetryable ? 'retryable' : 'refused', error };
}
