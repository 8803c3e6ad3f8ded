import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** One histogram or counter, for one set of attributes, as it was when it was last exported. */
export interface DataPoint {
  metric: string;
  attributes: Record<string, string>;
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Upper bounds of all buckets but the last, and how many values fell into each. Empty for counters. */
  bounds: number[];
  buckets: number[];
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
}

interface OtlpPoint {
  attributes: OtlpAttribute[];
  count?: number | string;
  sum?: number;
  min?: number;
  max?: number;
  asInt?: number | string;
  asDouble?: number;
  explicitBounds?: number[];
  bucketCounts?: (number | string)[];
}

interface OtlpMetric {
  name: string;
  sum?: { dataPoints: OtlpPoint[] };
  gauge?: { dataPoints: OtlpPoint[] };
  histogram?: { dataPoints: OtlpPoint[] };
}

interface OtlpBody {
  resourceSpans?: { scopeSpans: { spans: { traceId: string }[] }[] }[];
  resourceLogs?: { scopeLogs: { logRecords: { traceId?: string }[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: OtlpMetric[] }[] }[];
}

/**
 * The demo's own little OTLP receiver, in place of a Collector: it takes OTLP/HTTP in JSON on the loopback interface and
 * keeps what the demo counts, so that the numbers shown are those which really left the app.
 */
export class OtlpReceiver {
  readonly traces = new Set<string>();
  spans = 0;
  logs = 0;
  /** Log records that carry a trace id: those that a viewer shows beside their trace. */
  correlatedLogs = 0;
  private readonly points = new Map<string, DataPoint>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', async (request, response) => {
      try {
        receiver.take((await json(request)) as OtlpBody);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  metric(name: string): DataPoint[] {
    return [...this.points.values()].filter((point) => point.metric === name);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private take(body: OtlpBody): void {
    for (const span of body.resourceSpans?.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)) ??
      []) {
      this.spans++;
      this.traces.add(span.traceId);
    }
    for (const log of body.resourceLogs?.flatMap((resource) =>
      resource.scopeLogs.flatMap((scope) => scope.logRecords),
    ) ?? []) {
      this.logs++;
      if (log.traceId) this.correlatedLogs++;
    }
    for (const metric of body.resourceMetrics?.flatMap((resource) =>
      resource.scopeMetrics.flatMap((scope) => scope.metrics),
    ) ?? []) {
      for (const point of (metric.histogram ?? metric.sum ?? metric.gauge)?.dataPoints ?? [])
        this.keep(metric.name, point);
    }
  }

  /** Metrics are cumulative: the latest point replaces the one before. */
  private keep(metric: string, point: OtlpPoint): void {
    const attributes = Object.fromEntries(
      point.attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]),
    );
    const value = Number(point.asInt ?? point.asDouble ?? 0);
    this.points.set(JSON.stringify([metric, attributes]), {
      metric,
      attributes,
      count: Number(point.count ?? value),
      sum: point.sum ?? value,
      min: point.min ?? value,
      max: point.max ?? value,
      bounds: point.explicitBounds ?? [],
      buckets: (point.bucketCounts ?? []).map(Number),
    });
  }
}
