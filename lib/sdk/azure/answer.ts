interface Headers {
  get(name: string): string | undefined;
  delete(name: string): void;
}

/** The part of a request in `@azure/core-rest-pipeline` that is used here. */
export interface Request {
  body?: unknown;
  headers: Headers;
  abortSignal?: unknown;
  agent?: unknown;
}

/** The part of a response in `@azure/core-rest-pipeline` that is used here. */
export interface Response {
  status: number;
  headers: Headers;
  request: Request;
  bodyAsText?: string | null;
}

const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
const QUOTA = new Set([402, 439]);

/** What an attempt came to. */
export interface AzureAnswer {
  readonly response?: Response;
  readonly trouble?: string;
  /** Envelopes that were refused for good. */
  readonly refused?: number;
  /** Of a batch that was taken in part: the envelopes to send again. */
  readonly remaining?: readonly unknown[];
  readonly isTemporary: boolean;
  /** Worth keeping on disk, though no attempt of the next seconds will do. */
  readonly isForLater?: boolean;
  /** Milliseconds that Azure asks to wait. */
  readonly retryAfter?: number;
}

/** Reads an answer of the ingestion endpoint. */
export function understood(request: Request, response: Response): AzureAnswer {
  const { status } = response;
  if (status === 200) return { response, isTemporary: false };
  if (status === 206) return inPart(request, response);
  const retryAfter = retryAfterOf(response.headers.get('retry-after'));
  return {
    response,
    trouble: QUOTA.has(status) ? `HTTP ${status}, the quota is used up` : `HTTP ${status}`,
    isTemporary: isRetryable(status),
    isForLater: QUOTA.has(status),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function inPart(request: Request, response: Response): AzureAnswer {
  const { errors = [] } = parsed<{ errors?: { index: number; statusCode: number; message?: string }[] }>(
    response.bodyAsText,
    {},
  );
  const sent = parsed<unknown[]>(request.body, []);
  const again = errors.filter(({ index, statusCode }) => isRetryable(statusCode) && sent[index] !== undefined);
  const first = errors[0];
  if (first === undefined) return { response, isTemporary: false };
  return {
    response,
    trouble: `${errors.length} of ${sent.length} items refused, the first with ${first.statusCode}: ${String(first.message).slice(0, 100)}`,
    refused: errors.length - again.length,
    isTemporary: again.length > 0,
    ...(again.length > 0 && { remaining: again.map(({ index }) => sent[index]) }),
  };
}

/** Whether a status, of an answer or of one item, may be another at a later attempt. */
export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status);
}

function parsed<T>(text: unknown, otherwise: T): T {
  try {
    return JSON.parse(String(text)) as T;
  } catch {
    return otherwise;
  }
}

/** `Retry-After` in milliseconds from now: it holds seconds or a date. */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const millis = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(millis) ? undefined : Math.max(0, millis);
}
