import { MockOtlpServer } from '@elastic/mockotlpserver';

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
interface Wire {
  name: string;
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  attributes?: KeyValue[];
  body?: { stringValue: string };
  status?: { code: number };
}

/** A span or log record as it arrived. Ids are hexadecimal, empty where there is none. */
export interface Arrived {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly failed: boolean;
  readonly attributes: Record<string, unknown>;
}

/** What arrived at an OTLP/HTTP receiver that annotel did not write. */
export interface Receiver {
  readonly endpoint: string;
  readonly spans: readonly Arrived[];
  readonly logs: readonly Arrived[];
  readonly metricNames: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function receiveOtlp(): Promise<Receiver> {
  const spans: Arrived[] = [];
  const logs: Arrived[] = [];
  const metricNames = new Set<string>();
  const server = new MockOtlpServer({
    logLevel: 'error',
    services: ['http'],
    httpHostname: '127.0.0.1',
    httpPort: 0,
    onTrace: (request: { resourceSpans: { scopeSpans: { spans: Wire[] }[] }[] }) => {
      spans.push(
        ...request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map(arrived))),
      );
    },
    onLogs: (request: { resourceLogs: { scopeLogs: { logRecords: Wire[] }[] }[] }) => {
      logs.push(
        ...request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords.map(arrived))),
      );
    },
    onMetrics: (request: { resourceMetrics: { scopeMetrics: { metrics: Wire[] }[] }[] }) => {
      for (const { scopeMetrics } of request.resourceMetrics) {
        for (const scope of scopeMetrics) for (const { name } of scope.metrics) metricNames.add(name);
      }
    },
  });
  await server.start();
  return { endpoint: String(server.httpUrl), spans, logs, metricNames, close: () => server.close() };
}

function arrived({ name, body, traceId, spanId, parentSpanId, status, attributes }: Wire): Arrived {
  return {
    name: name ?? body?.stringValue,
    traceId: hex(traceId),
    spanId: hex(spanId),
    parentSpanId: hex(parentSpanId),
    failed: status?.code === 2,
    attributes: Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]])),
  };
}

function hex(id: Uint8Array | undefined): string {
  return Buffer.from(id ?? []).toString('hex');
}
