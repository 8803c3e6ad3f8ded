import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { nameServerSpan } from './server-span.js';

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
