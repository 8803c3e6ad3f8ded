import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { observeExports } from '../../../../lib/sdk/export/exports.js';
import { createPipeline, type Pipeline } from '../../../../lib/sdk/export/pipeline.js';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { receiveOtlp } from '../../../support/mock-otlp-server.js';
import { Collector, refusingUrl } from '../../../support/sdk-collector.js';
import { listen } from '../../../support/sdk-stderr.js';

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

describe('export by OTLP', () => {
  const before = process.env;
  let said: string[];
  let holding: NodeJS.Timeout;
  let pipeline: Pipeline | undefined;

  beforeEach(() => {
    said = listen();
    // Nothing of it holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  afterEach(() => {
    pipeline?.exports.abandon('the test is over');
    clearInterval(holding);
    process.env = before;
    jest.restoreAllMocks();
  });

  /** Providers on a pipeline to this collector; of what they record, everything is handed over at `flush`. */
  const exportTo = (endpoint: string, protocol: string = 'http/json', environment: Record<string, string> = {}) => {
    process.env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol, ...environment };
    const made = createPipeline(resolveOptions());
    pipeline = made;
    const resource = resourceFromAttributes({ 'service.name': 'test' });
    const { spanProcessors, logRecordProcessors: processors, metricReaders: readers, exports } = made;
    const sampler = { shouldSample: () => ({ decision: 1 }), toString: () => 'record only' };
    return {
      exports,
      tracer: new TracerProvider({ resource, spanProcessors }).getTracer('t'),
      recordOnly: new TracerProvider({ resource, sampler, spanProcessors }).getTracer('t'),
      logger: new LoggerProvider({ resource, processors }).getLogger('t'),
      meters: new MeterProvider({ resource, readers }),
      end: () => Promise.all(spanProcessors.map((processor) => processor.shutdown())),
      async flush() {
        await Promise.all([...spanProcessors, ...processors].map((processor) => processor.forceFlush()));
        for (const reader of readers) await reader.forceFlush();
        await exports.settled();
      },
    };
  };

  it.each(PROTOCOLS)('brings all three signals to a receiver of others: %s', async (protocol) => {
    const receiver = await receiveOtlp();
    const { tracer, logger, meters, flush, exports } = exportTo(receiver.endpoint, protocol);
    tracer.startSpan('work').end();
    logger.emit({ body: 'worked', severityNumber: SeverityNumber.INFO });
    meters.getMeter('t').createCounter('count').add(1);
    await flush();
    expect(receiver.spans.map(({ name }) => name)).toEqual(['work']);
    expect(receiver.logs.map(({ name }) => name)).toEqual(['worked']);
    expect([...receiver.metricNames]).toEqual(['count']);
    expect(exports.counters()).toMatchObject([
      { signal: 'traces', taken: 1, exported: 1, dropped: 0 },
      { signal: 'metrics', taken: 1, exported: 1, dropped: 0 },
      { signal: 'logs', taken: 1, exported: 1, dropped: 0 },
    ]);
    expect(said).toEqual([]);
    await meters.shutdown();
    await receiver.close();
  });

  it.each([
    ['traces', '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too long"}}'],
    ['traces', '{"partialSuccess":{"rejectedSpans":1}}'],
    ['logs', '{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":"too long"}}'],
  ] as const)('counts a partial success of %s: %s', async (signal, body) => {
    await using collector = await Collector.start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    const { tracer, logger, flush, exports } = exportTo(collector.url);
    for (let n = 0; n < 3; n += 1) {
      if (signal === 'traces') tracer.startSpan('work').end();
      else logger.emit({ body: 'worked' });
    }
    await flush();
    const counters = exports.counters().find((one) => one.signal === signal);
    expect(counters).toMatchObject({ taken: 3, exported: 2, dropped: 1 });
    expect(said).toEqual([
      expect.stringMatching(/refuses \w+ \((too long|partial success)\): 1 (span|log record) dropped/),
    ]);
  });

  it.each(['', '.spool'])('sends in halves what the collector finds too large%s', async (spool) => {
    const arrived: string[] = [];
    await using collector = await Collector.start((request, response) => {
      const body = collector.requests.at(-1)?.body ?? Buffer.alloc(0);
      if (body.byteLength > 2000) return response.writeHead(413).end();
      arrived.push(...[...body.toString().matchAll(/"name":"(span \d+)"/g)].map(([, name]) => String(name)));
      response.writeHead(200, { 'content-type': request.headers['content-type'] }).end('{}');
    });
    const dir = mkdtempSync(join(tmpdir(), 'annotel-halves-'));
    const { tracer, flush, exports } = exportTo(collector.url, 'http/json', {
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...(spool && { ANNOTEL_SPOOL_DIR: join(dir, spool) }),
    });
    for (let n = 0; n < 20; n += 1) tracer.startSpan(`span ${n}`).end();
    await flush();
    while ((exports.counters()[0]?.held ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    rmSync(dir, { recursive: true });
    expect(arrived.sort()).toEqual(Array.from({ length: 20 }, (_, n) => `span ${n}`).sort());
    expect(exports.counters()).toMatchObject([{ taken: 20, exported: 20, dropped: 0 }]);
    expect(said).toEqual([]);
  });

  it('tells what is pending, what no queue has yet included', async () => {
    const url = await refusingUrl();
    const { tracer, exports } = exportTo(url);
    tracer.startSpan('work').end();
    const [one, ...others] = exports.pending();
    expect(others).toEqual([]);
    const there = { signal: 'traces', protocol: 'http/json', url: `${url}/v1/traces`, contentType: 'application/json' };
    expect(one).toMatchObject({ ...there, items: 1 });
    expect(Buffer.from(one?.body ?? []).toString()).toContain('"name":"work"');
    expect(exports.pending()[0]?.body).toBe(one?.body);
  });

  it('leaves out spans that are not sampled, and what ends after the end', async () => {
    await using collector = await Collector.start();
    const { tracer, recordOnly, end } = exportTo(collector.url);
    recordOnly.startSpan('unsampled').end();
    tracer.startSpan('sampled').end();
    await end();
    tracer.startSpan('late').end();
    expect(collector.spanNames).toEqual(['sampled']);
  });

  it('reports its counters as a metric', async () => {
    await using collector = await Collector.start();
    const { tracer, meters, flush, exports } = exportTo(collector.url);
    observeExports(meters.getMeter('annotel'), exports);
    tracer.startSpan('work').end();
    await flush();
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
