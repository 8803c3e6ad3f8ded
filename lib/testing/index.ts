import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { MeterProvider, type MetricData, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { wakeEarlyTracers } from '../sdk/api-copies.js';
import { renderTree } from '../sdk/console/render-tree.js';
import { configure, type Settings, settings } from '../settings.js';

/** Options of {@link captureTelemetry}. */
export interface CaptureOptions {
  /** Default: every call is sampled. */
  sampler?: Sampler;
  /** Settings for the time of the capture. */
  settings?: Partial<Settings>;
}

/** What annotel and everything else in this process emitted since the capture began or was reset. */
export interface CapturedTelemetry {
  /** Finished spans, in the order in which they ended. */
  readonly spans: readonly ReadableSpan[];
  /** Log records, in the order in which they were emitted. */
  readonly logs: readonly ReadableLogRecord[];
  /** The metrics as they stand now, cumulative since the capture began. */
  metrics(): Promise<readonly MetricData[]>;
  /** The finished spans as trees, as the console prints them. */
  tree(): string;
  /** Forgets the spans and logs so far. */
  reset(): void;
  /** Ends the capture: nothing is registered any more, and the settings are those of before. */
  stop(): Promise<void>;
}

/**
 * Registers an OpenTelemetry SDK that keeps everything in memory, for tests. Trace and span ids count up from 1, so that a
 * trace can be a literal in a test. Stop it at the end of each test: there is one at a time.
 *
 * @example
 * ```ts
 * const telemetry = captureTelemetry();
 * await new Shop().order('tea');
 * expect(telemetry.tree()).toContain('Shop.order');
 * await telemetry.stop();
 * ```
 *
 * @throws Error where telemetry runs in this process already
 */
export function captureTelemetry(options: CaptureOptions = {}): CapturedTelemetry {
  const spanExporter = new InMemorySpanExporter();
  const logExporter = new InMemoryLogRecordExporter();
  const reader = new CollectingReader();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })],
    idGenerator: countingIds(),
    sampler: options.sampler,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] });
  const wake = wakeEarlyTracers();
  if (!trace.setGlobalTracerProvider(tracerProvider)) {
    throw new Error(
      'captureTelemetry(): telemetry runs in this process already. Stop it, or the capture before, first.',
    );
  }
  metrics.setGlobalMeterProvider(meterProvider);
  logs.setGlobalLoggerProvider(loggerProvider);
  const forget = wake();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const settingsBefore = settings();
  if (options.settings) configure(options.settings);

  return {
    get spans() {
      return spanExporter.getFinishedSpans();
    },
    get logs() {
      return logExporter.getFinishedLogRecords();
    },
    async metrics() {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    },
    tree: () => renderTree(spanExporter.getFinishedSpans(), { bare: true }),
    reset() {
      spanExporter.reset();
      logExporter.reset();
    },
    async stop() {
      configure(settingsBefore);
      for (const api of [trace, metrics, logs, context, propagation]) api.disable();
      forget();
      await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown(), loggerProvider.shutdown()]);
    },
  };
}

/** A reader that collects when it is asked to. */
class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function countingIds(): { generateTraceId(): string; generateSpanId(): string } {
  let traces = 0;
  let spans = 0;
  return {
    generateTraceId: () => (++traces).toString(16).padStart(32, '0'),
    generateSpanId: () => (++spans).toString(16).padStart(16, '0'),
  };
}
