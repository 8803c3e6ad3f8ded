import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** An event as it arrived. */
export interface ReceivedEvent {
  name: string;
  traceId: string;
  attributes: Record<string, unknown>;
}

interface LogRecord {
  eventName?: string;
  traceId?: string;
  attributes: { key: string; value: object }[];
}

/** Takes the place of a collector for log records: OTLP over HTTP, in JSON. Keeps those that are events. */
export async function receiveEvents(): Promise<{ endpoint: string; events: ReceivedEvent[]; close(): void }> {
  const events: ReceivedEvent[] = [];
  const server = createServer(async (request, response) => {
    const { resourceLogs } = (await json(request)) as { resourceLogs: { scopeLogs: { logRecords: LogRecord[] }[] }[] };
    const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    for (const { eventName: name, traceId = '', attributes } of records) {
      const values = attributes.map(({ key, value }) => [key, Object.values(value)[0]]);
      if (name) events.push({ name, traceId, attributes: Object.fromEntries(values) });
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`;
  return { endpoint, events, close: () => server.close() };
}
