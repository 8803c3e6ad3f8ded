import type { IncomingMessage } from 'node:http';
import type { TelemetryModuleOptions } from './telemetry.module-options.js';

/**
 * Whether a request of one server is among those to ignore.
 *
 * @param server asked for late: Fastify makes its own when it listens
 */
export function ignoring(
  ignore: NonNullable<TelemetryModuleOptions['ignore']>,
  server: () => unknown,
): (request: IncomingMessage) => boolean {
  const matchers = ignore.map((one) => {
    if (typeof one === 'function') return one;
    const isMatch = typeof one === 'string' ? pathMatcher(one) : (path: string) => path.search(one) >= 0;
    return ({ url = '' }: IncomingMessage) => isMatch(url.split('?', 1)[0] ?? '');
  });
  return (request) => {
    // HTTP/2 does not say.
    const { server: own = server() } = request.socket as { server?: unknown };
    return own === server() && matchers.some((isMatch) => isMatch(request));
  };
}

function pathMatcher(pattern: string): (path: string) => boolean {
  const path = withoutSlashes(pattern);
  const below = path.endsWith('/*') ? path.slice(0, -2) : undefined;
  if (below === undefined) return (given) => withoutSlashes(given) === path;
  return (given) => withoutSlashes(given) === below || withoutSlashes(given).startsWith(`${below}/`);
}

function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
