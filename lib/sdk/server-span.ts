import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { type Context, context, type Span } from '@opentelemetry/api';
import { getRPCMetadata, isTracingSuppressed, RPCType, suppressTracing } from '@opentelemetry/core';

const HTTP_ROUTE = 'http.route';
const HTTP_REQUEST_METHOD = 'http.request.method';

/**
 * Names the HTTP server span of the active context after the route that matched: `http.route` on the span and on the
 * request's metrics, and the name `METHOD route`. Does nothing outside a traced request.
 *
 * For frameworks whose routes no instrumentation knows. annotel does it itself for Express, Fastify and Nest.
 *
 * @param route the pattern, with the names of its parameters: `/cats/:id`
 * @example
 * ```ts
 * router.onMatch((pattern) => nameServerSpan(pattern));
 * ```
 */
export function nameServerSpan(route: string): void {
  const metadata = getRPCMetadata(context.active());
  if (metadata?.type !== RPCType.HTTP || metadata.route === route) return;
  // The HTTP instrumentation reads it from here when the response ends, for the metrics and the name.
  metadata.route = route;
  metadata.span.setAttribute(HTTP_ROUTE, route);
  metadata.span.updateName(`${methodOf(metadata.span)} ${route}`);
}

function methodOf(span: object): string {
  const { attributes } = span as { attributes?: Record<string, unknown> };
  const method = attributes?.[HTTP_REQUEST_METHOD];
  return typeof method === 'string' && method !== '_OTHER' ? method : 'HTTP';
}

/** The HTTP server span of the active context, where the request is traced. */
export function httpServerSpan(): Span | undefined {
  const metadata = getRPCMetadata(context.active());
  return metadata?.type === RPCType.HTTP ? metadata.span : undefined;
}

/** Whether nothing is to be traced in the active context. */
export function isUntracedHere(): boolean {
  return isTracingSuppressed(context.active());
}

/** The active context, in which nothing is traced. */
export function untracedContext(): Context {
  return suppressTracing(context.active());
}

type IgnoresRequest = (request: IncomingMessage) => boolean;

// On globalThis, so that a preload and the app see one list whatever copy they load.
const IGNORING = Symbol.for('annotel.ignored-requests');
const holder = globalThis as { [IGNORING]?: Set<IgnoresRequest> };
holder[IGNORING] ??= new Set();
const ignoring = holder[IGNORING];

/**
 * From now on no incoming request that `ignores` says yes to is traced or measured.
 *
 * @returns ends it
 */
export function ignoreRequests(ignores: IgnoresRequest): () => void {
  ignoring.add(ignores);
  return () => ignoring.delete(ignores);
}

/** Whether an incoming request is left out by anybody who called {@link ignoreRequests}. */
export function isIgnoredRequest(request: IncomingMessage): boolean {
  for (const ignores of ignoring) if (ignores(request)) return true;
  return false;
}

/** The part of fastify that is used here; the package itself need not be installed. */
interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): unknown;
}
interface FastifyRequest {
  readonly routeOptions?: { readonly url?: string };
}

const INITIALIZATION = 'fastify.initialization';

/**
 * Gives the HTTP server spans of every fastify app created from now on their route, through the channel on which
 * fastify itself announces its instances: no patching, no load order.
 *
 * @returns ends it for apps created later
 */
export function nameFastifyRoutes(): () => void {
  const onInstance = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook('onRequest', onRequest);
  subscribe(INITIALIZATION, onInstance);
  return () => {
    unsubscribe(INITIALIZATION, onInstance);
  };
}

function onRequest(request: FastifyRequest, _reply: unknown, done: () => void): void {
  // Undefined where no route matched.
  const route = request.routeOptions?.url;
  if (route !== undefined) nameServerSpan(route);
  done();
}
