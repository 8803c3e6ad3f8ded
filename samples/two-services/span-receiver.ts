import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  /** Nanoseconds since 1970. */
  start: bigint;
  millis: number;
  attributes: Record<string, unknown>;
}

interface KeyValue {
  key: string;
  value: object;
}
interface WireSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
}
interface Wire {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}

/** Takes the place of a collector of spans: OTLP over HTTP, in JSON, from all services. */
export async function receiveSpans(): Promise<{ endpoint: string; spans: ReceivedSpan[]; close(): void }> {
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Wire;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(plain(resource.attributes)['service.name']);
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => received(service, span))));
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return { endpoint, spans, close: () => server.close() };
}

function received(service: string, span: WireSpan): ReceivedSpan {
  const { name, traceId, spanId, parentSpanId } = span;
  const start = BigInt(span.startTimeUnixNano);
  const millis = Number((BigInt(span.endTimeUnixNano) - start) / 1_000_000n);
  const attributes = plain(span.attributes);
  return { service, name, traceId, spanId, parentSpanId: parentSpanId || undefined, start, millis, attributes };
}

function plain(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
