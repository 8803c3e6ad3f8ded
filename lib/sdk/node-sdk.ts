import { context, type DiagLogger, DiagLogLevel, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SCOPE_NAME, SCOPE_VERSION } from '../genai/semconv.js';
import { Cleaner } from '../privacy/cleaning/cleaner.js';
import { warnOfCapture } from '../privacy/content.js';
import { configure } from '../settings.js';
import { registered, wakeEarlyTracers } from './api-copies.js';
import { appResolvers } from './app-packages.js';
import { ConsoleTree } from './console/console-tree.js';
import { createPipeline, type Pipeline } from './export/pipeline.js';
import { observeFigures } from './export/self-metrics.js';
import { nameFastifyRoutes } from './fastify.js';
import { instrument, takeHold } from './instrumentations.js';
import { bridgeApiLogs } from './logs/api-logs.js';
import { bridgeConsole } from './logs/console.js';
import { LogLevels } from './logs/log-levels.js';
import { loggerName } from './logs/logger-name.js';
import type { ResolvedOptions } from './options.js';
import { OutgoingLogProcessor } from './processors/log-processor.js';
import { OutgoingSpanProcessor } from './processors/span-processor.js';
import { createPropagator } from './propagation/propagator.js';
import { createResource } from './resource.js';
import { observeSampling } from './sampling/observe-sampling.js';
import { createSampler } from './sampling/sampler.js';
import type { Telemetry } from './start.js';
import { untilTheEnd } from './stop.js';
import { DIAG_LEVELS, diagLogger, warn } from './warnings.js';

/**
 * Puts everything together and starts it.
 *
 * @param undo collects what takes the start back, step by step
 */
export function startNodeSdk(options: ResolvedOptions, undo: (() => void)[]): Telemetry {
  configure(options.settings);
  useDiag(options, undo);
  announce(options);
  warnOfCapture();

  const pipeline = createPipeline(options);
  const outgoing = createProcessors(options, pipeline, undo);
  const instrumentations = patched(options, undo, outgoing.logs !== undefined);
  const wake = wakeEarlyTracers();
  undo.push(() => {
    for (const api of [trace, metrics, logs, propagation, context]) api.disable();
  });
  const readers = [...pipeline.metricReaders, ...(options.metricReaders ?? [])];
  const sdk = withOurDiag(
    () =>
      new NodeSDK({
        resource: createResource(options.resource),
        autoDetectResources: false,
        sampler: createSampler({ ...options.sampling, custom: options.sampler }),
        textMapPropagator: createPropagator({ propagators: options.propagators, hosts: options.propagateContext }),
        spanLimits: options.spanLimits,
        spanProcessors: outgoing.spans ? [outgoing.spans] : [],
        metricReaders: readers,
        views: options.views ?? [],
        logRecordProcessors: outgoing.logs ? [outgoing.logs] : [],
        instrumentations,
      }),
  );
  sdk.start();
  undo.push(() => {
    for (const instrumentation of instrumentations) instrumentation.disable();
  });
  // A provider that hands its records to nobody would make everybody build them.
  if (!outgoing.logs) logs.disable();
  undo.push(wake());
  const meter = metrics.getMeter(SCOPE_NAME, SCOPE_VERSION);
  observeFigures(meter, pipeline.exports);
  if (outgoing.spans) observeSampling(meter, outgoing.spans.tail);
  takeHold();
  if (outgoing.logs) {
    undo.push(bridgeApiLogs(appResolvers()));
    if (options.enabledInstrumentations.has('console')) undo.push(bridgeConsole());
  }

  return untilTheEnd(options, { ...outgoing, readers, exports: pipeline.exports, sdk }, undo);
}

/** Where spans and log records pass on their way to whatever is there to take them; nothing where nothing is. */
function createProcessors(options: ResolvedOptions, pipeline: Pipeline, undo: (() => void)[]) {
  const tree = options.console === 'tree' ? new ConsoleTree({ color: options.color }) : undefined;
  const onExit = () => tree?.printEnded();
  process.once('exit', onExit);
  undo.push(() => process.off('exit', onExit));
  const cleaner = new Cleaner(options.dropAttributes);
  const levels = new LogLevels(options.logLevels);
  const spanProcessors = [...(tree ? [tree] : []), ...pipeline.spanProcessors, ...(options.spanProcessors ?? [])];
  const logRecordProcessors = [...pipeline.logRecordProcessors, ...(options.logRecordProcessors ?? [])];
  const { keep, buffer } = options.sampling;
  return {
    tree,
    spans:
      spanProcessors.length > 0
        ? new OutgoingSpanProcessor(spanProcessors, cleaner, { rules: keep, ...buffer }, options.spanProcessors)
        : undefined,
    logs:
      logRecordProcessors.length > 0
        ? new OutgoingLogProcessor(logRecordProcessors, cleaner, (record) =>
            levels.isWanted(loggerName(record), record.severityNumber),
          )
        : undefined,
  };
}

/** Shows what OpenTelemetry says about itself, unless the app has set a logger for that. */
function useDiag({ logLevel }: ResolvedOptions, undo: (() => void)[]): void {
  if (registered().diag !== undefined) return;
  diag.setLogger(diagLogger(), { logLevel: DIAG_LEVELS[logLevel ?? 'warn'], suppressOverrideMessage: true });
  undo.push(() => diag.disable());
}

/** `NodeSDK` sets a logger for `diag` of its own where OTEL_LOG_LEVEL is set; the one that is there stays. */
function withOurDiag<T>(work: () => T): T {
  const logger = registered().diag as DiagLogger;
  diag.disable();
  try {
    return work();
  } finally {
    diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  }
}

function patched(options: ResolvedOptions, undo: (() => void)[], exportsLogs: boolean): Instrumentation[] {
  const scraped = options.metricExporters.includes('prometheus') ? options.prometheus.port : undefined;
  const instrumentations = [
    ...instrument(options.enabledInstrumentations, scraped, exportsLogs),
    ...(options.instrumentations ?? []),
  ];
  if (options.enabledInstrumentations.has('fastify')) undo.push(nameFastifyRoutes());
  return instrumentations;
}

function announce(options: ResolvedOptions): void {
  if (options.consoleByDefault) {
    warn(
      'nothing is configured to export, so traces are printed here; OTEL_EXPORTER_OTLP_ENDPOINT=http://… sends them',
    );
  }
}
