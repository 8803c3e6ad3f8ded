import type { SecureContextOptions } from 'node:tls';

/** What is delivered apart from one another. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** A batch as it goes over the wire, before compression. */
export interface Parcel {
  /** Spans, log records or metric data points in it. */
  readonly items: number;
  readonly body: Uint8Array;
}

/** A parcel that has not been delivered, as plain data for who sends it by other means. */
export interface PendingParcel extends Parcel {
  readonly signal: Signal;
  /** `grpc`: one unary call; the body is the message, without the five bytes of its frame. */
  readonly protocol: 'http' | 'grpc';
  /** Complete, with the path of the signal or of the gRPC method. */
  readonly url: string;
  /** What the destination asks for, credentials included, and the content type; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates, where they were configured. */
  readonly tls?: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>;
  /** How `body` is compressed. Nothing is, at this point. */
  readonly contentEncoding: undefined;
}

/** Knows bodies of pending parcels that were delivered by other means. */
export type Delivered = Pick<WeakSet<Uint8Array>, 'has'>;

const WORDS = { traces: 'span', metrics: 'data point', logs: 'log record' } as const;

/** A number of items in words: `12 spans`. */
export function inItems(signal: Signal, items: number): string {
  return `${items} ${WORDS[signal]}${items === 1 ? '' : 's'}`;
}
