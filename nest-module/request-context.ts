import { ask } from '../lib/call/options.js';
import { type RequestContext, withRequestContext } from '../lib/index.js';
import type { HttpExchange } from './http-exchange.js';

/** Runs `work` on behalf of whom the app says that a request is made, and tells it of the server span. */
export function inRequestContext<T>(
  ofRequest: (request: never) => RequestContext | undefined,
  request: unknown,
  exchange: HttpExchange | undefined,
  work: () => T,
): T {
  const values = ask('requestContext of TelemetryModule', () => ofRequest(request as never));
  if (!values) return work();
  return withRequestContext(values, () => {
    exchange?.takeRequestContext();
    return work();
  });
}
