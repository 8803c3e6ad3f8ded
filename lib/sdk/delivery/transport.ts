import type { Agent } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import type { PendingParcel } from './parcel.js';

/** How one attempt ended. */
export type Answer =
  | { readonly status: 'success'; readonly data?: Uint8Array | undefined }
  /** Worth another attempt, `retryInMillis` from now at the earliest. */
  | { readonly status: 'retryable'; readonly error: Error; readonly retryInMillis?: number | undefined }
  /** Refused for good. */
  | { readonly status: 'failure'; readonly error: Error };

/** Sends parcels to one place, each once. Nothing of it holds the process. */
export interface Transport {
  /** Never rejects. */
  send(body: Uint8Array, timeoutMillis: number): Promise<Answer>;
  /** Where it sends and with which headers, as far as they are known without waiting. */
  address(): Pick<PendingParcel, 'protocol' | 'url' | 'headers' | 'tls'>;
  /** Ends the attempts under way. */
  abandon(): void;
  /** Lets go of idle sockets. */
  shutdown(): void;
}

/** What `OTEL_EXPORTER_OTLP_*` says of one signal, as `convertLegacyHttpOptions` of the exporters reads it. */
export interface OtlpConfig {
  readonly url: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  readonly agentFactory: (protocol: string) => Agent | Promise<Agent>;
}

/** The certificates that an agent was made with; `undefined` where it has none. */
export function certificates(agent: Agent | undefined): PendingParcel['tls'] {
  const { ca, cert, key } = ((agent as { options?: SecureContextOptions } | undefined)?.options ??
    {}) as SecureContextOptions;
  return ca === undefined && cert === undefined ? undefined : { ca, cert, key };
}

/** An error in as few words as the operator needs. */
export function inWords(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== 'ETIMEDOUT') return code;
  return typeof message === 'string' && message !== '' ? message.slice(0, 150) : 'unknown error';
}

/** The error of an attempt that nobody answered in time. */
export function late(timeoutMillis: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMillis} ms`), { code: 'ETIMEDOUT' });
}

/** The error of an attempt that the end of telemetry has cut off. */
export function cutOff(): Error {
  return Object.assign(new Error('telemetry is shutting down'), { code: 'ABORT_ERR' });
}
