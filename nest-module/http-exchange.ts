import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { exceptionAttributes, isRecorded } from '../lib/call/failure.js';
import { EVENT_EXCEPTION } from '../lib/call/names.js';
import { context } from '../lib/otel.js';
import { safely } from '../lib/safely.js';
import { httpServerSpan, isIgnoredRequest, isUntracedHere } from '../lib/sdk/server-span.js';
import { settings } from '../lib/settings.js';
import { recordHttpDuration } from './http-duration.js';
import { awaitOnSpan } from './span-exceptions.js';

/** On the spans of a request whose client left before it had its answer. */
export const ATTR_CLIENT_DISCONNECTED = 'annotel.client.disconnected';

/** Something threw: whether that is a failure is decided by what the request is answered with. */
export interface Thrown {
  readonly error: unknown;
  /** Whether it is an answer by itself, unless a filter makes a failure of it. */
  readonly isAnswer: boolean;
  conclude(failed: boolean): void;
}

/** A call that runs while the request does. */
interface Running {
  readonly isOpen: boolean;
  annotate(attributes: Attributes): void;
  /**
   * The request is over, and it is not.
   *
   * @param lease what lives for as long as it can come to an end; `undefined` where it has never begun
   */
  leave(lease: object | undefined): void;
}

// On the response itself: a WeakMap of what lives as shortly as a request costs the garbage collector more than all else here.
const EXCHANGE = Symbol('annotel.nest.exchange');

/** One request and its answer, from when annotel first sees it to the end of the answer. */
export class HttpExchange {
  /** `http.route`, for metrics that no instrumentation records. */
  route: string | undefined;
  /** The call of the handler. */
  handler: Running | undefined;
  /** What lives for as long as the handler can answer. */
  reading: object | undefined;
  /** The stream of the answer has failed: it was not the client that ended it. */
  hasBroken = false;
  readonly isIgnored: boolean;
  private readonly server: Span | undefined;
  private readonly parent: Context;
  private readonly startedAt = performance.now();
  private thrown: Thrown[] | undefined;
  /** What reached an exception filter. */
  private filtered: unknown[] | undefined;
  /** Whether the app has been asked on whose behalf the request is made. */
  hasRequestContext = false;

  /**
   * @param response of Express or Fastify, or of Node
   * @returns `undefined` where it is none of these: libraries that call handlers through Nest may pass for HTTP
   */
  static of(response: unknown): HttpExchange | undefined {
    const raw = rawOf(response);
    if (!raw) return undefined;
    const known = (raw as { [EXCHANGE]?: HttpExchange })[EXCHANGE];
    if (known) return known;
    const exchange = new HttpExchange(raw);
    Object.defineProperty(raw, EXCHANGE, { value: exchange });
    return exchange;
  }

  private constructor(private readonly response: ServerResponse) {
    this.parent = context.active();
    this.server = httpServerSpan();
    this.isIgnored =
      isUntracedHere() || safely('asking for ignored requests', () => isIgnoredRequest(response.req), false);
    if (this.isIgnored) return;
    // Before the server span ends, which is at the same event. Past the instrumentation, which binds each listener to its context.
    EventEmitter.prototype.prependListener.call(response, 'close', () =>
      safely('ending a request', () => this.close()),
    );
  }

  /** Something threw in this request, which is not answered yet. */
  add(thrown: Thrown): void {
    if (this.response.closed) return thrown.conclude(!thrown.isAnswer);
    awaitOnSpan(thrown.error);
    this.thrown ??= [];
    this.thrown.push(thrown);
  }

  /** An exception filter has an error, and can still answer by it. */
  addFiltered(error: unknown): void {
    if (this.response.headersSent) return;
    this.filtered ??= [];
    this.filtered.push(error);
  }

  private close(): void {
    const { response, server, thrown, filtered } = this;
    const hasFailed = response.statusCode >= 500;
    if (thrown) {
      for (const one of thrown) {
        one.conclude(one.isAnswer ? hasFailed : hasFailed || filtered?.includes(one.error) !== true);
      }
    }
    if (hasFailed && filtered && server) this.tellOfExceptions(filtered, server);
    if (!this.hasBroken && clientLeft(response)) {
      const left = { [ATTR_CLIENT_DISCONNECTED]: true };
      server?.setAttributes(left);
      if (this.handler?.isOpen) this.handler.annotate(left);
    }
    const { handler, reading } = this;
    this.reading = undefined;
    if (handler?.isOpen) handler.leave(reading);
    if (server) return;
    const seconds = (performance.now() - this.startedAt) / 1000;
    recordHttpDuration(response, this.route ?? expressRoute(response.req), seconds, this.parent);
  }

  /** What no span below has told of: thrown by middleware of Express or Fastify itself, or by a decorated handler. */
  private tellOfExceptions(errors: readonly unknown[], server: Span): void {
    if (!settings().exceptionEvents || !server.isRecording()) return;
    for (const error of errors) {
      if (!isRecorded(error)) server.addEvent(EVENT_EXCEPTION, exceptionAttributes(error, []).attributes);
    }
  }
}

function rawOf(response: unknown): ServerResponse | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const { raw = response } = response as { raw?: unknown };
  const { prependListener, statusCode } = raw as Partial<ServerResponse>;
  return typeof prependListener === 'function' && typeof statusCode === 'number' ? (raw as ServerResponse) : undefined;
}

/** Whether the connection was ended from the other side; the app may end it as well, to break off an answer. */
function clientLeft(response: ServerResponse): boolean {
  if (response.writableFinished) return false;
  const { socket } = response.req as Partial<IncomingMessage>;
  return socket != null && (socket.readableEnded || socket.errored != null || response.req.aborted);
}

/** Where Express keeps the route that matched. */
function expressRoute(request: object): string | undefined {
  const { baseUrl = '', route } = request as { baseUrl?: string; route?: { path?: unknown } };
  return typeof route?.path === 'string' ? `${baseUrl}${route.path}` : undefined;
}
