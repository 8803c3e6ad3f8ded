/* OpenTelemetry SDKs for the benchmark: everything is really batched, and dropped where it would leave the process. */
import { context, logs, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

const dropping = {
  export: (_items, done) => done({ code: 0 }),
  forceFlush: async () => {},
  shutdown: async () => {},
};

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

/** @param {'sampled out' | 'recording' | 'captured'} mode `captured` keeps everything, to compare what is emitted */
export function registerSdk(mode) {
  const captured = mode === 'captured';
  const spanExporter = new InMemorySpanExporter();
  const logExporter = new InMemoryLogRecordExporter();
  const reader = new Reader();
  const batch = { maxQueueSize: 1e6, maxExportBatchSize: 512, scheduledDelayMillis: 200 };
  trace.setGlobalTracerProvider(
    new TracerProvider({
      sampler: mode === 'sampled out' ? new AlwaysOffSampler() : new AlwaysOnSampler(),
      spanProcessors: [
        captured
          ? new SimpleSpanProcessor({ exporter: spanExporter })
          : new BatchSpanProcessor({ exporter: dropping, ...batch }),
      ],
    }),
  );
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  logs.setGlobalLoggerProvider(
    new LoggerProvider({
      processors: [
        captured
          ? new SimpleLogRecordProcessor({ exporter: logExporter })
          : new BatchLogRecordProcessor({ exporter: dropping, ...batch }),
      ],
    }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return { spanExporter, logExporter, reader };
}
