import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { logs, metrics, trace } from '@opentelemetry/api';
import { createPipeline } from '../../../../lib/sdk/export/pipeline.js';
import { runningTelemetry, startTelemetry } from '../../../../lib/sdk/index.js';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { Collector, refusingUrl } from '../../../support/sdk-collector.js';
import { listen } from '../../../support/sdk-stderr.js';

describe('exporters', () => {
  const before = process.env;
  let said: string[];

  beforeEach(() => {
    said = listen();
  });
  afterEach(async () => {
    await runningTelemetry()?.shutdown();
    process.env = before;
    jest.restoreAllMocks();
  });

  const pipeline = (environment: Record<string, string>) => {
    process.env = environment;
    return createPipeline(resolveOptions());
  };
  const names = (parts: object[]) => parts.map((part) => part.constructor.name);
  const start = (environment: Record<string, string>, options?: Parameters<typeof startTelemetry>[0]) => {
    process.env = { PATH: before['PATH'] ?? '', ...environment };
    return startTelemetry(options);
  };
  const work = () => {
    trace.getTracer('app').startActiveSpan('work', (span) => {
      metrics.getMeter('app').createCounter('app.count').add(1);
      logs.getLogger('app').emit({ body: 'worked' });
      span.end();
    });
  };
  const freePort = async () => new URL(await refusingUrl()).port;

  it('are none where none is configured', () => {
    expect(pipeline({})).toMatchObject({ spanProcessors: [], metricReaders: [], logRecordProcessors: [] });
  });

  it('send in batches, and print at once', () => {
    const { spanProcessors, metricReaders, logRecordProcessors } = pipeline({
      OTEL_TRACES_EXPORTER: 'otlp,console',
      OTEL_METRICS_EXPORTER: 'otlp,console',
      OTEL_LOGS_EXPORTER: 'otlp,console',
    });
    expect(names(spanProcessors)).toEqual(['SpanBatches', 'SimpleSpanProcessor']);
    expect(names(metricReaders)).toEqual(['PeriodicExportingMetricReader', 'PeriodicExportingMetricReader']);
    expect(names(logRecordProcessors)).toEqual(['LogBatches', 'SimpleLogRecordProcessor']);
  });

  it.each(['http/protobuf', 'http/json'])(
    'speak %s with the headers and the compression of the environment',
    async (protocol) => {
      await using collector = await Collector.start();
      const telemetry = start({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=own',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      });
      work();
      await telemetry.flush();
      const seen = Object.fromEntries(collector.requests.map(({ path, headers }) => [path, headers]));
      const type = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
      expect(seen).toMatchObject({
        '/v1/traces': { 'content-type': type, 'content-encoding': 'gzip', 'x-key': 'own' },
        '/v1/metrics': { 'content-type': type, 'content-encoding': 'gzip', 'x-key': 'secret' },
        '/v1/logs': { 'content-type': type, 'content-encoding': 'gzip', 'x-key': 'secret' },
      });
      expect(said).toEqual([]);
    },
  );

  it('send metrics as deltas where that is preferred', async () => {
    await using collector = await Collector.start();
    const telemetry = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    });
    work();
    await telemetry.flush();
    const { body } = collector.requests.find(({ path }) => path === '/v1/metrics') ?? { body: '' };
    expect(body.toString()).toContain('"aggregationTemporality":1');
  });

  it.each([
    ['base2_exponential_bucket_histogram', '"exponentialHistogram"'],
    ['explicit_bucket_histogram', '"histogram"'],
  ])('send histograms as %s', async (aggregation, field) => {
    await using collector = await Collector.start();
    const telemetry = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: aggregation,
    });
    const advice = { explicitBucketBoundaries: [1, 2] };
    metrics.getMeter('app').createHistogram('app.time', { advice }).record(1);
    metrics.getMeter('app').createCounter('app.count').add(1);
    await telemetry.flush();
    const { body } = collector.requests.find(({ path }) => path === '/v1/metrics') ?? { body: '' };
    expect(body.toString()).toContain(field);
    expect(body.toString()).toContain('"sum":{"aggregationTemporality"');
  });

  it('serve metrics to Prometheus', async () => {
    const port = await freePort();
    start({
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_PROMETHEUS_PORT: port,
    });
    work();
    const answer = await fetch(`http://localhost:${port}/metrics`);
    expect(await answer.text()).toContain('app_count_total');
  });

  it('warn where Prometheus cannot be served, once', async () => {
    const taken = createServer().listen(0, 'localhost');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    start({
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
    });
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    taken.close();
    await runningTelemetry()?.shutdown();
    expect(said).toEqual([
      `annotel: cannot serve metrics to Prometheus on localhost:${port} (EADDRINUSE); OTEL_EXPORTER_PROMETHEUS_HOST and _PORT name another place, and it is tried again until it is free`,
    ]);
  });

  it('send to Zipkin', async () => {
    await using zipkin = await Collector.start((_request, response) => {
      response.writeHead(202).end();
    });
    const telemetry = start({
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin.url}/api/v2/spans`,
    });
    work();
    await telemetry.flush();
    expect(zipkin.requests[0]?.body.toString()).toContain('"name":"work"');
  });

  it('go without one that cannot be built', () => {
    const { spanProcessors, metricReaders } = pipeline({
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://',
    });
    expect(spanProcessors).toEqual([]);
    expect(metricReaders).toHaveLength(1);
    expect(said).toEqual([expect.stringMatching(/^annotel: cannot export traces by otlp: /)]);
  });
});
