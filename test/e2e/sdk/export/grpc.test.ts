import { MockOtlpServer } from '@elastic/mockotlpserver';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { logs, metrics, SeverityNumber, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createPipeline } from '../../../../lib/sdk/export/pipeline.js';
import { runningTelemetry, startTelemetry } from '../../../../lib/sdk/index.js';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { refusingUrl } from '../../../support/sdk-collector.js';
import { listen } from '../../../support/sdk-stderr.js';

/* What sends by gRPC is a thread, of which there is only the built file. */

describe('export by gRPC', () => {
  const before = process.env;
  let said: string[];
  let holding: NodeJS.Timeout;

  beforeEach(() => {
    said = listen();
    // Nothing of it holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(async () => {
    await runningTelemetry()?.shutdown();
    clearInterval(holding);
    process.env = before;
    jest.restoreAllMocks();
  });

  it('brings all three signals to a receiver of others', async () => {
    const arrived: string[] = [];
    const server = new MockOtlpServer({
      logLevel: 'error',
      services: ['grpc'],
      grpcHostname: '127.0.0.1',
      grpcPort: 0,
      onTrace: (got: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }) =>
        arrived.push(`span ${got.resourceSpans[0]?.scopeSpans[0]?.spans.map(({ name }) => name)}`),
      onLogs: () => arrived.push('log'),
      onMetrics: (got: { resourceMetrics: { scopeMetrics: { metrics: { name: string }[] }[] }[] }) =>
        arrived.push(`metric ${got.resourceMetrics[0]?.scopeMetrics[0]?.metrics.map(({ name }) => name)}`),
    });
    await server.start();
    const { grpcUrl } = server as unknown as { grpcUrl: URL };
    process.env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: String(grpcUrl).replace(/^grpc:/, 'http:'),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    };
    const {
      spanProcessors,
      logRecordProcessors: processors,
      metricReaders: readers,
      exports,
    } = createPipeline(resolveOptions());
    const resource = resourceFromAttributes({ 'service.name': 'test' });
    const meters = new MeterProvider({ resource, readers });
    new TracerProvider({ resource, spanProcessors }).getTracer('t').startSpan('work').end();
    new LoggerProvider({ resource, processors }).getLogger('t').emit({
      body: 'worked',
      severityNumber: SeverityNumber.INFO,
    });
    meters.getMeter('t').createCounter('count').add(1);
    await Promise.all([...spanProcessors, ...processors].map((processor) => processor.forceFlush()));
    for (const reader of readers) await reader.forceFlush();
    await exports.settled();
    expect(arrived.sort()).toEqual(['log', 'metric count', 'span work']);
    expect(exports.counters()).toMatchObject([
      { signal: 'traces', taken: 1, exported: 1, dropped: 0 },
      { signal: 'metrics', taken: 1, exported: 1, dropped: 0 },
      { signal: 'logs', taken: 1, exported: 1, dropped: 0 },
    ]);
    expect(said).toEqual([]);
    await meters.shutdown();
    exports.abandon('the test is over');
    await server.close();
  });

  it.each([{}, { endpoint: true }])(
    'warns once where nobody answers: %j',
    async ({ endpoint }: { endpoint?: boolean }) => {
      const url = await refusingUrl();
      process.env = {
        PATH: before['PATH'] ?? '',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        ...(!endpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: url }),
      };
      const telemetry = startTelemetry(endpoint ? { endpoint: url } : {});
      trace.getTracer('app').startActiveSpan('work', (span) => {
        metrics.getMeter('app').createCounter('app.count').add(1);
        logs.getLogger('app').emit({ body: 'worked' });
        span.end();
      });
      await telemetry.shutdown();
      expect(said).toEqual([expect.stringMatching(new RegExp(`cannot export \\w+ to ${url} \\(.*ECONNREFUSED`))]);
    },
  );
});
