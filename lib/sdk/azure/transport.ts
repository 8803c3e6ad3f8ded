import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientRequest } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { type AzureAnswer, isRetryable, type Request, type Response, understood } from './answer.js';

type Next = (request: Request) => Promise<Response>;

/** How one export went, as seen on the wire. */
export interface AzureOutcome {
  /** What went wrong, in few words. */
  trouble?: string;
  /** Envelopes (a span, an event of one, a log record, a point of a metric) that Azure took none of. */
  rejected?: number;
  /** The exporter was left to put it on disk. */
  isStored?: boolean;
}

interface Limits {
  /** Milliseconds that one export may take, all attempts together. */
  readonly timeout: number;
  /** Whether the exporter puts on disk what cannot be sent; it is then tried once. */
  readonly stores: boolean;
}

const RETRIES = 5;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5000;
const REDIRECT = new Set([307, 308]);
const ACCEPTED = '{"itemsReceived":0,"itemsAccepted":0,"errors":[]}';

/**
 * A policy in the exporter's HTTP pipeline. The exporter's own handling of failures does not do: where nothing is stored
 * it reports a batch that was lost as delivered, it waits for as long as a `Retry-After` says with a timer that keeps the
 * process alive, and it has no timeout. So this makes the attempts, notes the outcome, and lets the exporter see a
 * failure only where it is to store the batch.
 */
export class AzureTransport {
  readonly #outcomes = new AsyncLocalStorage<AzureOutcome>();
  readonly #wakeups = new Set<() => void>();
  readonly #agent = new UnreferencedAgent({ keepAlive: true });
  readonly #end = new AbortController();
  #isClosing = false;

  constructor(private readonly limits: Limits) {}

  /** Options of the Azure exporters. */
  get options(): object {
    const policy = {
      name: 'annotelTransport',
      sendRequest: (request: Request, next: Next) => this.#send(request, next),
    };
    return { additionalPolicies: [{ policy, position: 'perCall' }], retryOptions: { maxRetries: 0 } };
  }

  /** Runs an export; what is sent in it is noted in `outcome`. */
  observe<T>(outcome: AzureOutcome, run: () => T): T {
    return this.#outcomes.run(outcome, run);
  }

  /** The process is about to end: whatever waits for a next attempt makes it now, and none follows a failed one. */
  close(): void {
    this.#isClosing = true;
    for (const wake of this.#wakeups) wake();
  }

  /** Gives up what is under way and lets go of the sockets. */
  abandon(): void {
    this.close();
    this.#end.abort();
    this.#agent.destroy();
  }

  async #send(request: Request, next: Next): Promise<Response> {
    const outcome = this.#outcomes.getStore() ?? {};
    const deadline = Date.now() + this.limits.timeout;
    // Known once Azure took a part: what is still to be sent.
    let left: readonly unknown[] | undefined;
    for (let retries = 0, pause = FIRST_PAUSE; ; retries += 1, pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      const answer = await this.#attempt(request, next, deadline);
      if (answer.response && REDIRECT.has(answer.response.status)) return answer.response;
      note(outcome, answer);
      if (this.limits.stores && (answer.isTemporary || answer.isForLater)) return this.#store(request, answer, outcome);
      if (!answer.isTemporary) return accepted(request);
      const wait = answer.retryAfter ?? pause * (0.8 + Math.random() * 0.4);
      left = answer.remaining ?? left;
      if (retries === RETRIES || this.#isClosing || wait > deadline - Date.now()) {
        if (left) outcome.rejected = (outcome.rejected ?? 0) + left.length;
        return accepted(request);
      }
      if (answer.remaining) replaceBody(request, answer.remaining);
      await this.#pause(wait);
    }
  }

  /** The exporter stores what was answered by a status that it takes for temporary. */
  #store(request: Request, { response, remaining }: AzureAnswer, outcome: AzureOutcome): Response {
    outcome.isStored = true;
    return response && (remaining || isRetryable(response.status)) ? response : { ...accepted(request), status: 503 };
  }

  async #attempt(request: Request, next: Next, deadline: number): Promise<AzureAnswer> {
    const millis = Math.max(1, deadline - Date.now());
    // Timers of abort signals are unreferenced. Where a proxy is configured, the agent is the proxy's.
    request.agent ??= this.#agent;
    const late = AbortSignal.timeout(millis);
    request.abortSignal = AbortSignal.any([late, this.#end.signal]);
    try {
      return understood(request, await next(request));
    } catch (error) {
      if (this.#end.signal.aborted) return { trouble: 'telemetry is shutting down', isTemporary: this.limits.stores };
      if (late.aborted) return { trouble: `no answer within ${this.limits.timeout} ms`, isTemporary: true };
      const { code, message } = error as { code?: string; message?: string };
      return { trouble: String(code ?? message).slice(0, 150), isTemporary: true };
    }
  }

  #pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakeups.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, millis).unref();
      this.#wakeups.add(wake);
    });
  }
}

/** What was refused for good stays refused when the rest gets through at a later attempt. */
function note(outcome: AzureOutcome, { trouble, refused = 0 }: AzureAnswer): void {
  const before = outcome.rejected ?? 0;
  if (trouble !== undefined) outcome.trouble = trouble;
  else if (before === 0) delete outcome.trouble;
  if (refused > 0) outcome.rejected = before + refused;
}

function replaceBody(request: Request, envelopes: readonly unknown[]): void {
  request.body = JSON.stringify(envelopes);
  request.headers.delete('content-length');
}

/** An answer that keeps the exporter from doing anything about the batch. */
function accepted(request: Request): Response {
  return { status: 200, headers: request.headers, request, bodyAsText: ACCEPTED };
}

/** Its sockets do not keep the process alive. */
export class UnreferencedAgent extends https.Agent {
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    return unreferenced(super.createConnection(...args));
  }

  // The agent references a socket again as it takes it up.
  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    unreferenced(socket);
  }
}

function unreferenced<S>(socket: S): S {
  (socket as { unref?: () => void } | undefined)?.unref?.();
  return socket;
}
