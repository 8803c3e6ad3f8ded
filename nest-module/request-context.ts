import { ask } from '../lib/call/options.js';
import { requestContextAttributes } from '../lib/context/request-context.js';
import { type RequestContext, withRequestContext } from '../lib/index.js';
import { context } from '../lib/otel.js';
import { httpServerSpan } from '../lib/sdk/server-span.js';
import type { HttpExchange } from './http-exchange.js';

/** Runs `work` on behalf of whom the app says that a request is made, which also stands on the server span. */
export function inRequestContext<T>(
  ofRequest: (request: never) => RequestContext | undefined,
  request: unknown,
  exchange: HttpExchange | undefined,
  work: () => T,
): T {
  if (exchange) exchange.hasRequestContext = true;
  const values = ask('requestContext of TelemetryModule', () => ofRequest(request as never));
  if (!values) return work();
  return withRequestContext(values, () => {
    const attributes = requestContextAttributes(context.active());
    if (attributes) httpServerSpan()?.setAttributes(attributes);
    return work();
  });
}
