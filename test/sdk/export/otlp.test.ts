import { MockOtlpServer } from '@elastic/mockotlpserver';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { Network } from '../../../lib/sdk/delivery/network.js';
import { otlpCourier } from '../../../lib/sdk/delivery/otlp.js';
import { LogBatchProcessor, MetricHandover, SpanBatchProcessor } from '../../../lib/sdk/delivery/processors.js';
import { observeFigures } from '../../../lib/sdk/delivery/self-metrics.js';
import { Collector, refusingUrl } from '../../support/sdk-collector.js';
import { listen } from '../../support/sdk-stderr.js';

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

describe('delivery by OTLP', () => {
  let said: string[];
  let holding: NodeJS.Timeout;
  let network: Network;

  beforeEach(() => {
    said = listen();
    network = new Network();
    // Nothing of delivery holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(() => {
    network.abandon('the test is over');
    clearInterval(holding);
    jest.restoreAllMocks();
  });

  const urlOf = (base: string, protocol: (typeof PROTOCOLS)[number], signal: string) =>
    protocol === 'grpc' ? base : `${base.replace(/\/$/, '')}/v1/${signal}`;

  it.each(PROTOCOLS)('brings all three signals to a receiver of others: %s', async (protocol) => {
    const arrived: string[] = [];
    const server = new MockOtlpServer({
      logLevel: 'error',
      services: ['http', 'grpc'],
      httpHostname: '127.0.0.1',
      httpPort: 0,
      grpcHostname: '127.0.0.1',
      grpcPort: 0,
      onTrace: (got: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }) =>
        arrived.push(`span ${got.resourceSpans[0]?.scopeSpans[0]?.spans.map(({ name }) => name)}`),
      onLogs: () => arrived.push('log'),
      onMetrics: (got: { resourceMetrics: { scopeMetrics: { metrics: { name: string }[] }[] }[] }) =>
        arrived.push(`metric ${got.resourceMetrics[0]?.scopeMetrics[0]?.metrics.map(({ name }) => name)}`),
    });
    await server.start();
    const base = String(protocol === 'grpc' ? (server as unknown as { grpcUrl: URL }).grpcUrl : server.httpUrl).replace(
      /^grpc:/,
      'http:',
    );
    const courier = <S extends 'traces' | 'metrics' | 'logs'>(signal: S) =>
      otlpCourier(network, signal, { protocol, url: urlOf(base, protocol, signal) }, { maxItems: 1000 });
    const resource = resourceFromAttributes({ 'service.name': 'test' });
    const spans = network.collects(new SpanBatchProcessor(courier('traces')));
    const logs = network.collects(new LogBatchProcessor(courier('logs')));
    const metrics = new PeriodicExportingMetricReader({ exporter: new MetricHandover(courier('metrics')) });
    new TracerProvider({ resource, spanProcessors: [spans] }).getTracer('t').startSpan('work').end();
    new LoggerProvider({ resource, processors: [logs] })
      .getLogger('t')
      .emit({ body: 'worked', severityNumber: SeverityNumber.INFO });
    const meters = new MeterProvider({ resource, readers: [metrics] });
    meters.getMeter('t').createCounter('count').add(1);
    network.drain();
    await metrics.forceFlush();
    await network.settled();
    expect(arrived.sort()).toEqual(['log', 'metric count', 'span work']);
    expect(network.figures()).toMatchObject([
      { signal: 'traces', taken: 1, exported: 1, dropped: 0 },
      { signal: 'logs', taken: 1, exported: 1, dropped: 0 },
      { signal: 'metrics', taken: 1, exported: 1, dropped: 0 },
    ]);
    expect(said).toEqual([]);
    await meters.shutdown();
    await server.close();
  });

  it.each([
    ['traces', '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too long"}}'],
    ['traces', '{"partialSuccess":{"rejectedSpans":1}}'],
    ['logs', '{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":"too long"}}'],
  ] as const)('counts a partial success of %s: %s', async (signal, body) => {
    await using collector = await Collector.start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    const url = `${collector.url}/v1/${signal}`;
    const target = { protocol: 'http/json', url } as const;
    if (signal === 'traces') {
      const spans = new SpanBatchProcessor(otlpCourier(network, signal, target, { maxItems: 10 }));
      const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('t');
      for (let n = 0; n < 3; n += 1) tracer.startSpan('work').end();
      await spans.forceFlush();
    } else {
      const logs = new LogBatchProcessor(otlpCourier(network, signal, target, { maxItems: 10 }));
      const logger = new LoggerProvider({ processors: [logs] }).getLogger('t');
      for (let n = 0; n < 3; n += 1) logger.emit({ body: 'worked' });
      await logs.forceFlush();
    }
    expect(network.figures()).toMatchObject([{ taken: 3, exported: 2, dropped: 1 }]);
    expect(said).toEqual([
      expect.stringMatching(/refuses \w+ \((too long|partial success)\): 1 (span|log record) dropped/),
    ]);
  });

  it('tells what is pending after a synchronous drain', async () => {
    const url = `${await refusingUrl()}/v1/traces`;
    const courier = otlpCourier(network, 'traces', { protocol: 'http/json', url }, { maxItems: 10 });
    const spans = network.collects(new SpanBatchProcessor(courier));
    new TracerProvider({ spanProcessors: [spans] }).getTracer('t').startSpan('work').end();
    const [parcel, ...others] = network.pending();
    expect(others).toEqual([]);
    expect(parcel).toMatchObject({ signal: 'traces', protocol: 'http', url, items: 1 });
    expect(Buffer.from(parcel?.body ?? []).toString()).toContain('"name":"work"');
    await new Promise(setImmediate);
    expect(network.pending()[0]?.headers).toEqual({ 'content-type': 'application/json' });
  });

  it('leaves out spans that are not sampled, and what ends after the end', async () => {
    await using collector = await Collector.start();
    const target = { protocol: 'http/json', url: `${collector.url}/v1/traces` } as const;
    const courier = otlpCourier(network, 'traces', target, { maxItems: 10 });
    const spans = new SpanBatchProcessor(courier);
    const recordOnly = { shouldSample: () => ({ decision: 1 }), toString: () => 'record only' };
    new TracerProvider({ sampler: recordOnly, spanProcessors: [spans] }).getTracer('t').startSpan('unsampled').end();
    const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('t');
    tracer.startSpan('sampled').end();
    await spans.shutdown();
    tracer.startSpan('late').end();
    expect(collector.spanNames).toEqual(['sampled']);
  });

  it('reports its figures as a metric', async () => {
    await using collector = await Collector.start();
    const url = (signal: string) => `${collector.url}/v1/${signal}`;
    const spans = new SpanBatchProcessor(
      otlpCourier(network, 'traces', { protocol: 'http/json', url: url('traces') }, { maxItems: 10 }),
    );
    const reader = new PeriodicExportingMetricReader({
      exporter: new MetricHandover(
        otlpCourier(network, 'metrics', { protocol: 'http/json', url: url('metrics') }, { maxItems: 100 }),
      ),
    });
    const meters = new MeterProvider({ readers: [reader] });
    observeFigures(meters.getMeter('annotel'), network);
    new TracerProvider({ spanProcessors: [spans] }).getTracer('t').startSpan('work').end();
    await spans.forceFlush();
    await reader.forceFlush();
    const { body } = collector.requests.find(({ path }) => path === '/v1/metrics') ?? { body: '{}' };
    const [metric] = JSON.parse(body.toString()).resourceMetrics[0].scopeMetrics[0].metrics;
    expect(metric).toMatchObject({ name: 'annotel.telemetry.items', unit: '{item}', sum: { isMonotonic: true } });
    type Point = { asInt?: number; asDouble?: number; attributes: { key: string; value: { stringValue: string } }[] };
    const points = metric.sum.dataPoints.map(({ asInt, asDouble, attributes }: Point) => [
      ...attributes.map(({ value }) => value.stringValue),
      asDouble ?? Number(asInt),
    ]);
    expect(points).toContainEqual(['traces', 'exported', collector.url, 1]);
    expect(points).toContainEqual(['traces', 'dropped', collector.url, 0]);
    expect(points).toContainEqual(['traces', 'spooled', collector.url, 0]);
    await meters.shutdown();
  });
});
