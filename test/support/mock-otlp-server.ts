import { MockOtlpServer } from '@elastic/mockotlpserver';

/** A span or log record as it arrived, with what the wire says of it besides. */
export interface Arrived {
  /** Of a span; of a log record, its text, where it has one. */
  readonly name: string;
  /** Hexadecimal like the two below, and empty where there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly failed: boolean;
  readonly attributes: Record<string, unknown>;
  readonly resource: Record<string, unknown>;
  readonly scope: { name: string; version?: string };
  readonly [field: string]: unknown;
}

/** A metric as it arrived. */
export interface ArrivedMetric {
  readonly name: string;
  readonly resource: Record<string, unknown>;
  readonly scope: { name: string; version?: string };
  readonly [field: string]: unknown;
}

/** What arrived at an OTLP receiver that annotel did not write. */
export interface Receiver {
  readonly endpoint: string;
  readonly spans: readonly Arrived[];
  readonly logs: readonly Arrived[];
  readonly metrics: readonly ArrivedMetric[];
  readonly metricNames: ReadonlySet<string>;
  /** How each request came: its content type, or `grpc`. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

type Signal = 'Spans' | 'Logs' | 'Metrics';
type Item = { name?: string; resource: Record<string, unknown>; scope: { name: string }; [field: string]: unknown };
type Request = Record<string, { resource?: unknown; [scopes: string]: unknown }[]>;

/**
 * Starts the receiver. Its channels are those of the process, so that it also takes what arrives at one that was started
 * before it: one at a time.
 */
export async function receiveOtlp(transport: 'http' | 'grpc' = 'http'): Promise<Receiver> {
  const spans: Arrived[] = [];
  const logs: Arrived[] = [];
  const metrics: ArrivedMetric[] = [];
  const requests: string[] = [];
  const server = new MockOtlpServer({
    logLevel: 'error',
    services: [transport],
    httpHostname: '127.0.0.1',
    httpPort: 0,
    grpcHostname: '127.0.0.1',
    grpcPort: 0,
    onRequest: (request: { transport: string; headers?: Record<string, string> }) =>
      requests.push(request.headers?.['content-type'] ?? request.transport),
    onTrace: (request: Request) => spans.push(...items(request, 'Spans', 'spans').map(arrived)),
    onLogs: (request: Request) => logs.push(...items(request, 'Logs', 'logRecords').map(arrived)),
    onMetrics: (request: Request) => metrics.push(...(items(request, 'Metrics', 'metrics') as ArrivedMetric[])),
  }) as unknown as { httpUrl: unknown; grpcUrl: unknown; start(): Promise<void>; close(): Promise<void> };
  await server.start();
  return {
    endpoint: String(transport === 'grpc' ? server.grpcUrl : server.httpUrl),
    spans,
    logs,
    metrics,
    requests,
    get metricNames() {
      return new Set(metrics.map(({ name }) => name));
    },
    close: () => server.close(),
  };
}

function items(request: Request, signal: Signal, list: string): Item[] {
  return (request[`resource${signal}`] ?? []).flatMap(({ resource, [`scope${signal}`]: scopes }) =>
    (scopes as Record<string, unknown>[]).flatMap(({ scope, [list]: found }) =>
      (found as object[]).map(
        (item) =>
          ({
            ...(plain(item) as object),
            resource: (plain(resource) as { attributes: unknown }).attributes,
            scope: plain(scope),
          }) as Item,
      ),
    ),
  );
}

function arrived(item: Item): Arrived {
  const { name = item['body'], traceId = '', spanId = '', parentSpanId = '', status, attributes = {} } = item;
  const failed = (status as { code?: number } | undefined)?.code === 2;
  return { ...item, name, traceId, spanId, parentSpanId, failed, attributes } as Arrived;
}

/**
 * What a message of OTLP says, the same whichever encoding it came in: ids hexadecimal, attributes as an object, times in
 * nanoseconds as text, other numbers as numbers.
 */
function plain(value: unknown, field = ''): unknown {
  if (value === null || value === undefined) return undefined;
  if (/^(traceId|spanId|parentSpanId)$/.test(field)) return identifier(value as string | Uint8Array);
  if (field === 'attributes') return fromList(value as KeyValue[]);
  if (field === 'body') return anyValue(value as AnyValue);
  if (field.endsWith('UnixNano')) return String(value);
  if (/^(count|asInt|bucketCounts)$/.test(field) && !Array.isArray(value)) return Number(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, field === 'bucketCounts' ? field : ''));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, plain(content, name)]));
}

/** JSON has hexadecimal text, the other two bytes. */
function identifier(id: string | Uint8Array): string {
  return typeof id === 'string' ? id : Buffer.from(id).toString('hex');
}

interface KeyValue {
  key: string;
  value: AnyValue;
}
/** Has one field, named by its type, or none. Decoders add defaults of the others on its prototype. */
type AnyValue = object;

function anyValue(value: AnyValue): unknown {
  const [type, content] = Object.entries(value).find(([, content]) => content !== null) ?? [];
  if (type === 'arrayValue') return ((content as { values?: AnyValue[] }).values ?? []).map(anyValue);
  if (type === 'kvlistValue') return fromList((content as { values?: KeyValue[] }).values);
  return type === 'intValue' ? Number(content) : content;
}

function fromList(list: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, anyValue(value)]));
}
