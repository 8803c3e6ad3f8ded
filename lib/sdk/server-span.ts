import { context } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';

const HTTP_ROUTE = 'http.route';
const HTTP_REQUEST_METHOD = 'http.request.method';

/**
 * Names the HTTP server span of the active context after the route that matched: `http.route` on the span and on the
 * request's metrics, and the name `METHOD route`. Does nothing outside a traced request.
 *
 * @param route the pattern, with its parameters unfilled: `/cats/:id`
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
