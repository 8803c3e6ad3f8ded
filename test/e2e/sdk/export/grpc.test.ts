import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { logs, metrics, SeverityNumber, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createPipeline } from '../../../../lib/sdk/export/pipeline.js';
import { runningTelemetry, startTelemetry } from '../../../../lib/sdk/index.js';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { receiveOtlp } from '../../../support/mock-otlp-server.js';
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
    const receiver = await receiveOtlp('grpc');
    process.env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint.replace(/^grpc:/, 'http:'),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      // One that gRPC does not take would cost the others, and everything.
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k,x-name=Zo%C3%AB,trace-bin=x',
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
    expect(receiver.spans.map(({ name }) => name)).toEqual(['work']);
    expect(receiver.logs.map(({ name }) => name)).toEqual(['worked']);
    expect([...receiver.metricNames]).toEqual(['count']);
    expect(exports.counters()).toMatchObject([
      { signal: 'traces', taken: 1, exported: 1, dropped: 0 },
      { signal: 'metrics', taken: 1, exported: 1, dropped: 0 },
      { signal: 'logs', taken: 1, exported: 1, dropped: 0 },
    ]);
    expect(said).toEqual([
      expect.stringMatching(
        /^annotel: OTEL_EXPORTER_OTLP_HEADERS: x-name is left out, .* gRPC .*; trace-bin is left out, /,
      ),
    ]);
    await meters.shutdown();
    exports.abandon('the test is over');
    await receiver.close();
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
