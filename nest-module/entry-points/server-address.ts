import type { Attributes } from '@opentelemetry/api';

/** Where the options of a client or server of `@nestjs/microservices` say that the other side, or the broker, is. */
interface Options {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly url?: unknown;
  readonly urls?: unknown;
  readonly servers?: unknown;
  readonly client?: { readonly brokers?: unknown };
}

interface Address {
  readonly host: string;
  readonly port?: number;
}

/** As `carrierVia` takes it. */
export function peerHostOf(options: unknown): string | undefined {
  const address = addressOf(options);
  return address && (address.port === undefined ? address.host : `${address.host}:${address.port}`);
}

/** `server.address` and `server.port`, as far as they are told. */
export function serverAttributes(options: unknown): Attributes {
  const { host, port } = addressOf(options) ?? {};
  return { ...(host !== undefined && { 'server.address': host }), ...(port !== undefined && { 'server.port': port }) };
}

/** Of several brokers, none is the one. */
function addressOf(options: unknown): Address | undefined {
  const { host, port, url, urls, servers, client } = (options ?? {}) as Options;
  if (typeof host === 'string') return typeof port === 'number' ? { host, port } : { host };
  const listed = [url, urls, servers, client?.brokers].find((value) => value !== undefined);
  const [first, ...others] = Array.isArray(listed) ? listed : [listed];
  return typeof first === 'string' && others.length === 0 ? parsed(first) : undefined;
}

function parsed(text: string): Address | undefined {
  try {
    const { hostname, port } = new URL(text.includes('://') ? text : `nest://${text}`);
    if (hostname === '') return undefined;
    return port === '' ? { host: hostname } : { host: hostname, port: Number(port) };
  } catch {
    return undefined;
  }
}
