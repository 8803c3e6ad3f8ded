import { context, type DiagLogger, DiagLogLevel, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SCOPE_NAME, SCOPE_VERSION } from '../genai/semconv.js';
import { registered } from '../otel.js';
import { Cleaner } from '../privacy/cleaning/cleaner.js';
import { warnOfCapture } from '../privacy/content.js';
import { configure } from '../settings.js';
import { leaveOlderTable, wakeEarlyTracers } from './api-copies.js';
import { appResolvers } from './app-packages.js';
import { ConsoleTree } from './console/console-tree.js';
import { observeExports } from './export/exports.js';
import { createPipeline, type Pipeline } from './export/pipeline.js';
import { instrument, takeHold } from './instrumentations.js';
import { bridgeApiLogs } from './logs/api-logs.js';
import { bridgeConsole } from './logs/console.js';
import { LogLevels, loggerName } from './logs/log-levels.js';
import { type ResolvedOptions, withEnvironment } from './options.js';
import { OutgoingLogProcessor } from './processors/log-processor.js';
import { OutgoingSpanProcessor } from './processors/span-processor.js';
import { createPropagator } from './propagation/propagator.js';
import { createResource } from './resource.js';
import { createSampler } from './sampling/sampler.js';
import { observeSampling } from './sampling/sampling-metrics.js';
import { nameFastifyRoutes } from './server-span.js';
import { createTelemetry, type Telemetry } from './stop.js';
import { DIAG_LEVELS, diagLogger, warn } from './warnings.js';

/**
 * Builds processors, readers, resource, sampler, propagator and instrumentations from the options, and starts `NodeSDK` with them.
 *
 * @param undo collects the steps that undo the start
 */
export function startNodeSdk(options: ResolvedOptions, undo: (() => void)[]): Telemetry {
  configure(options.settings);
  leaveOlderTable();
  useDiag(options, undo);
  announce(options);
  warnOfCapture();

  const pipeline = withEnvironment(options.exporterEnvironment, () => createPipeline(options, undo));
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
  // A provider without processors is enabled all the same, and callers would build records that nobody exports.
  if (!outgoing.logs) logs.disable();
  undo.push(wake());
  const meter = metrics.getMeter(SCOPE_NAME, SCOPE_VERSION);
  observeExports(meter, pipeline.exports);
  if (outgoing.spans) observeSampling(meter, outgoing.spans.tail);
  takeHold();
  if (outgoing.logs) {
    undo.push(bridgeApiLogs(appResolvers()));
    if (options.enabledInstrumentations.has('console')) undo.push(bridgeConsole());
  }

  return createTelemetry(options, { ...outgoing, readers, exports: pipeline.exports, sdk }, undo);
}

/** The one span processor and the one log record processor, around all others; none where there are no others. */
function createProcessors(options: ResolvedOptions, pipeline: Pipeline, undo: (() => void)[]) {
  const { color, consoleByDefault } = options;
  const tree = options.console === 'tree' ? new ConsoleTree({ color, toStderr: consoleByDefault }) : undefined;
  const onExit = () => tree?.printEnded();
  process.once('exit', onExit);
  undo.push(() => process.off('exit', onExit));
  const cleaner = new Cleaner(options.dropAttributes);
  const levels = new LogLevels(options.logLevels);
  const spanProcessors = [...(tree ? [tree] : []), ...pipeline.spanProcessors, ...(options.spanProcessors ?? [])];
  const logRecordProcessors = [...pipeline.logRecordProcessors, ...(options.logRecordProcessors ?? [])];
  return {
    tree,
    spans:
      spanProcessors.length > 0
        ? new OutgoingSpanProcessor(spanProcessors, cleaner, { rules: options.sampling.keep }, options.spanProcessors)
        : undefined,
    logs:
      logRecordProcessors.length > 0
        ? new OutgoingLogProcessor(logRecordProcessors, cleaner, (record) =>
            levels.isWanted(loggerName(record), record.severityNumber),
          )
        : undefined,
  };
}

/** Shows OpenTelemetry's own diagnostics, unless the app has set a logger for them. */
function useDiag({ logLevel }: ResolvedOptions, undo: (() => void)[]): void {
  if (registered().diag !== undefined) return;
  diag.setLogger(diagLogger(), { logLevel: DIAG_LEVELS[logLevel ?? 'warn'], suppressOverrideMessage: true });
  undo.push(() => diag.disable());
}

/** The constructor of `NodeSDK` replaces the logger of `diag` where OTEL_LOG_LEVEL is set: afterwards the one of before is set again. */
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
  const instrumentations = [
    ...instrument(options.enabledInstrumentations, exportsLogs),
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
