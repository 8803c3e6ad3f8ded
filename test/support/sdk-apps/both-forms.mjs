// Works with the ES module copy of OpenTelemetry's API and SDK, where annotel works with the CommonJS copies. Takes tracers and
// loggers of either copy of the API before telemetry starts. How annotel is loaded: `import` or `require`.
import { createRequire } from 'node:module';
import { context, createContextKey, logs, metrics, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';

const require = createRequire(import.meta.url);
const required = require('@opentelemetry/api');
const load = process.argv[2] === 'require' ? (name) => require(name) : (name) => import(name);
const early = {
  tracer: trace.getTracer('early'),
  logger: logs.getLogger('early'),
  requiredTracer: required.trace.getTracer('early, required'),
  requiredLogger: required.logs.getLogger('early, required'),
};
const { Traced, withRequestContext } = await load('annotel');
const { startTelemetry, runningTelemetry } = await load('annotel/sdk');

const spans = new InMemorySpanExporter();
const records = new InMemoryLogRecordExporter();
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const telemetry = startTelemetry({
  spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: records })],
  metricReaders: [new PeriodicExportingMetricReader({ exporter: points })],
});

const KEY = createContextKey('app');
const work = Traced({ name: 'annotel' })(async () => {
  await null;
  early.requiredTracer.startActiveSpan('required', (inner) => {
    early.tracer.startActiveSpan('imported, again', (innermost) => {
      early.logger.emit({ body: 'imported' });
      early.requiredLogger.emit({ body: 'required' });
      innermost.end();
    });
    inner.end();
  });
  return {
    key: required.context.active().getValue(required.createContextKey('app')),
    baggage: required.propagation.getBaggage(required.context.active())?.getEntry('app')?.value,
  };
});
const outside = propagation.setBaggage(
  ROOT_CONTEXT.setValue(KEY, 'kept'),
  propagation.createBaggage({ app: { value: 'kept as well' } }),
);
const seen = await context.with(outside, () =>
  early.tracer.startActiveSpan('imported', async (span) => {
    const found = await withRequestContext({ userId: 'u-1' }, () => work());
    span.end();
    return found;
  }),
);
metrics.getMeter('late').createCounter('imported.count').add(1);
required.metrics.getMeter('late').createCounter('required.count').add(1);
await telemetry.flush();
const other = process.argv[2] === 'require' ? await import('annotel/sdk') : require('annotel/sdk');
const isOne = other.runningTelemetry() === telemetry && runningTelemetry() === telemetry;

const outline = (parent, all) =>
  Object.fromEntries(
    all
      .filter((span) => span.parentSpanContext?.spanId === parent?.spanContext().spanId)
      .map((span) => [span.name, outline(span, all)]),
  );
const found = {
  seen,
  isOne,
  spans: outline(undefined, spans.getFinishedSpans()),
  traces: new Set(spans.getFinishedSpans().map((span) => span.spanContext().traceId)).size,
  records: Object.fromEntries(
    records.getFinishedLogRecords().map(({ body, spanContext }) => {
      const span = spans.getFinishedSpans().find((one) => one.spanContext().spanId === spanContext?.spanId);
      return [body, span?.name];
    }),
  ),
  metrics: points
    .getMetrics()
    .flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name)),
    )
    .filter((name) => name.endsWith('.count')),
};

// What is taken between two starts waits for the second one, from whichever copy.
await telemetry.shutdown();
const between = [trace.getTracer('between'), required.trace.getTracer('between, required')];
const later = new InMemorySpanExporter();
const again = startTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter: later })] });
for (const tracer of between) tracer.startSpan('between').end();
found.between = later.getFinishedSpans().map(({ instrumentationScope }) => instrumentationScope.name);
await again.shutdown();
console.log(JSON.stringify(found));
