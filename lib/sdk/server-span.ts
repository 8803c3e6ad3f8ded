import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';

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
  if (metadata?.type !== RPCType.HTTP) return;
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
