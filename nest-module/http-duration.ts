import type { ServerResponse } from 'node:http';
import type { Attributes, Context, Histogram, MeterProvider } from '@opentelemetry/api';
import { SCOPE_NAME, SCOPE_VERSION } from '../lib/call/names.js';
import { metrics, ValueType } from '../lib/otel.js';

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const METRIC_HTTP_SERVER_REQUEST_DURATION = {
  name: 'http.server.request.duration',
  unit: 's',
  description: 'Duration of HTTP server requests.',
  valueType: ValueType.DOUBLE,
  advice: {
    explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
};
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE', 'QUERY']);

let provider: MeterProvider | undefined;
let duration: Histogram | undefined;

/**
 * Measures a request that no HTTP instrumentation measures.
 *
 * @param route the route that matched, never the path: there are as many paths as clients care to ask for
 * @param parent the context that the request came in
 */
export function recordHttpDuration(
  response: ServerResponse,
  route: string | undefined,
  seconds: number,
  parent: Context,
): void {
  const { req: request, statusCode } = response;
  const registered = metrics.getMeterProvider();
  if (registered !== provider || !duration) {
    provider = registered;
    const { name, ...options } = METRIC_HTTP_SERVER_REQUEST_DURATION;
    duration = registered.getMeter(SCOPE_NAME, SCOPE_VERSION).createHistogram(name, options);
  }
  const attributes: Attributes = {
    'http.request.method': METHODS.has(request.method ?? '') ? request.method : '_OTHER',
    'url.scheme': 'encrypted' in request.socket ? 'https' : 'http',
    'network.protocol.version': request.httpVersion,
  };
  if (response.headersSent) attributes['http.response.status_code'] = statusCode;
  if (route !== undefined) attributes['http.route'] = route;
  if (statusCode >= 500) attributes['error.type'] = String(statusCode);
  duration.record(seconds, attributes, parent);
}
