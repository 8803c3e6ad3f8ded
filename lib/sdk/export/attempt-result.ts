/** How one attempt to export ended. */
export type AttemptResult =
  | { readonly status: 'accepted'; readonly rejected?: Rejected | undefined }
  /** Worth another attempt, `retryInMillis` from now at the earliest. */
  | { readonly status: 'retryable'; readonly error: Error; readonly retryInMillis?: number | undefined }
  /** Refused for its size, or because one of its items cannot be serialised: its halves may be accepted. */
  | { readonly status: 'divisible'; readonly error: Error }
  /** Refused for good. */
  | { readonly status: 'refused'; readonly error: Error }
  /** Dropped by an exporter that makes its own retries: the destination does not accept telemetry for now. */
  | { readonly status: 'lost'; readonly error: Error };

/** What the destination did not take of a batch that it took. */
export interface Rejected {
  readonly items: number;
  /** In the destination's words; may be empty. */
  readonly message: string;
}

/** Makes single attempts to export; to wait and try again is the queue's. Keeps no process alive. */
export interface Sender<Content> {
  /** Never rejects. */
  send(content: Content): Promise<AttemptResult>;
  /** Ends the attempts under way. */
  abandon(): void;
  shutdown(): void;
}

/** The code or the beginning of the message of an error. */
export function shortReason(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== 'ETIMEDOUT') return code;
  return typeof message === 'string' && message !== '' ? message.slice(0, 150) : 'unknown error';
}
