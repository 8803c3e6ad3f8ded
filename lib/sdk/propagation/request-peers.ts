import type { IncomingMessage, RequestOptions } from 'node:http';
import { type Context, type Span, trace } from '@opentelemetry/api';
import { PrivateFields } from '../private-fields.js';
import { type Host, hostOf } from './hosts.js';

/*
 * `propagation.inject(context, carrier)` does not know where the carrier goes. The hooks of the instrumentations of http and undici,
 * which run right before it, note the destination here. It counts for the carrier of the same request only: with http that with the
 * same headers object, with undici that with the same span. Any other carrier has no destination.
 */

/** What of undici's request is read here. */
export interface UndiciRequest {
  readonly origin: string;
  readonly path: string;
  /** What the caller set as the `Host` header. */
  readonly host?: string | null;
}

// Weak: where nobody asks, the last request would stay in memory.
let httpRequest: WeakRef<RequestOptions> | undefined;
let undiciRequest: { readonly span: WeakRef<Span>; readonly request: WeakRef<UndiciRequest> } | undefined;

/** Where a request came from is kept in its headers. */
class Received extends PrivateFields {
  #sender: string | undefined;

  static note(headers: object, sender: string): void {
    const received = #sender in headers ? headers : (new Received(headers) as Received);
    received.#sender = sender;
  }

  static senderOf(headers: object): string | undefined {
    return #sender in headers ? headers.#sender : undefined;
  }
}

/** `startOutgoingSpanHook` of the http instrumentation: not called for a request that it ignores. */
export function noteHttpRequest(options: RequestOptions): Record<string, never> {
  httpRequest = new WeakRef(options);
  return {};
}

/** `requestHook` of the undici instrumentation: the last thing that it calls before it injects. Each hop of a redirect is one. */
export function noteUndiciRequest(span: Span, request: UndiciRequest): void {
  undiciRequest = { span: new WeakRef(span), request: new WeakRef(request) };
}

/** `startIncomingSpanHook` of the http instrumentation. */
export function noteIncomingRequest({ headers, socket }: IncomingMessage): Record<string, never> {
  if (socket?.remoteAddress) Received.note(headers, socket.remoteAddress);
  return {};
}

/**
 * The hosts that an outgoing carrier is going to: more than one where a request to a proxy names its target. None where it is no
 * carrier of a request that was noted, or it is unknown. Answered once per request.
 */
export function destinationsOf(carrier: unknown, parent: Context): readonly Host[] {
  const options = httpRequest?.deref();
  if (options?.headers && options.headers === carrier) {
    httpRequest = undefined;
    return ofHttp(options);
  }
  const span = undiciRequest?.span.deref();
  const request = undiciRequest?.request.deref();
  if (!span || !request || trace.getSpan(parent) !== span) return [];
  undiciRequest = undefined;
  return ofUndici(request);
}

/** The address from which a request with these headers came. */
export function senderOf(carrier: unknown): Host | undefined {
  const address = typeof carrier === 'object' && carrier !== null ? Received.senderOf(carrier) : undefined;
  return address === undefined ? undefined : { name: address };
}

function ofHttp(options: RequestOptions): readonly Host[] {
  // The name says nothing about who listens at a socket of the file system.
  if (options.socketPath) return [];
  const agent = options.agent as { defaultPort?: number; protocol?: string } | undefined;
  const byProtocol = (options.protocol ?? agent?.protocol) === 'https:' ? 443 : 80;
  const port = Number(options.port || options.defaultPort || agent?.defaultPort || byProtocol);
  const connected = { name: options.hostname || options.host || 'localhost', port };
  return [connected, ...ofTarget(options.path), ...ofHeader(hostHeader(options.headers), port)];
}

function ofUndici({ origin, path, host }: UndiciRequest): readonly Host[] {
  const connected = ofTarget(String(origin));
  return connected.flatMap((first) => [first, ...ofTarget(path), ...ofHeader(host, first.port)]);
}

/** A request to a forward proxy has the whole URL in place of the path. */
function ofTarget(url: string | null | undefined): Host[] {
  if (!url || !/^[a-z][a-z\d+.-]*:\/\//i.test(url)) return [];
  if (!URL.canParse(url)) return [{ name: '' }];
  const { hostname, port, protocol } = new URL(url);
  return [{ name: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) }];
}

/** A gateway may go by the header, rather than by where it was reached. */
function ofHeader(text: string | null | undefined, port: number | undefined): Host[] {
  if (!text) return [];
  const host = hostOf(text);
  return [{ name: host.name, port: host.port ?? port }];
}

function hostHeader(headers: RequestOptions['headers']): string | undefined {
  const named = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() === 'host');
  return named.length === 0 ? undefined : named.map(([, value]) => String(value)).join();
}
