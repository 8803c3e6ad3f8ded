import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { HttpExchange } from './http-exchange.js';

/** The part of fastify that is used here. */
interface Fastify {
  addHook(
    name: 'onRequest',
    hook: (request: { routeOptions?: { url?: string } }, reply: unknown, done: () => void) => void,
  ): unknown;
}

/** Sees each request of an app from its beginning, whether or not it comes to a handler. */
export function watchHttpServer(httpAdapter: AbstractHttpAdapter): void {
  const server: Server | undefined = httpAdapter.getHttpServer();
  server?.prependListener?.('request', (_request: IncomingMessage, response: ServerResponse) => {
    HttpExchange.of(response);
  });
  if (httpAdapter.getType?.() !== 'fastify') return;
  // Express keeps the route that matched on the request; fastify has it for those who ask its own request only.
  httpAdapter.getInstance<Fastify>().addHook('onRequest', (request, reply, done) => {
    const exchange = HttpExchange.of(reply);
    if (exchange) exchange.route = request.routeOptions?.url;
    done();
  });
}
