import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { warnOfCapture } from '../content.js';
import { safely } from '../safely.js';
import { configure } from '../settings.js';
import { SCOPE_NAME, SCOPE_VERSION } from '../signals/scope.js';
import { registered, wakeEarlyTracers } from './api-copies.js';
import { appResolvers } from './app-packages.js';
import { ConsoleTree } from './console-tree.js';
import { observeFigures } from './delivery/self-metrics.js';
import { createPipeline, type Pipeline } from './exporters.js';
import { nameFastifyRoutes } from './fastify.js';
import { instrument, register, takeHold } from './instrumentations.js';
import { delivered, sendLastWords } from './last-words.js';
import { bridgeApiLogs } from './logging/api-logs.js';
import { bridgeConsole } from './logging/console.js';
import { LogLevels } from './logging/log-levels.js';
import { loggerName } from './logging/logger-name.js';
import type { ResolvedOptions } from './options.js';
import { Cleaner } from './outgoing/cleaner.js';
import { LogOutlet } from './outgoing/log-outlet.js';
import { SpanOutlet } from './outgoing/span-outlet.js';
import { shutDownWithProcess } from './process-end.js';
import { createPropagator } from './propagation/propagator.js';
import { registerProviders } from './providers.js';
import { createResource } from './resource.js';
import { observeSampling } from './sampling/observe-sampling.js';
import { createSampler } from './sampling/sampler.js';
import type { Telemetry } from './start.js';
import { DIAG_LEVELS, diagLogger, inWords, warn } from './warnings.js';

/**
 * Puts everything together and starts it.
 *
 * @param undo collects what takes the start back, step by step
 */
export function launch(options: ResolvedOptions, undo: (() => void)[]): Telemetry {
  configure(options.settings);
  useDiag(options, undo);
  announce(options);
  warnOfCapture();

  const pipeline = createPipeline(options);
  const outgoing = createOutlets(options, pipeline, undo);
  const instrumentations = patched(options, undo, outgoing.logs !== undefined);
  const wake = wakeEarlyTracers();
  undo.push(() => {
    for (const api of [trace, metrics, logs, propagation, context]) api.disable();
  });
  const providers = registerProviders({
    resource: createResource(options.resource),
    sampler: createSampler({ ...options.sampling, custom: options.sampler }),
    limits: options.limits,
    spanProcessor: outgoing.spans,
    metricReaders: [...pipeline.metricReaders, ...(options.metricReaders ?? [])],
    views: options.views ?? [],
    logRecordProcessor: outgoing.logs,
    propagator: createPropagator({ propagators: options.propagators, hosts: options.propagateContext }),
    sdkMetrics: options.sdkMetrics,
  });
  wake();
  const meter = metrics.getMeter(SCOPE_NAME, SCOPE_VERSION);
  observeFigures(meter, pipeline.network);
  if (outgoing.spans) observeSampling(meter, outgoing.spans.tail);
  undo.push(register(instrumentations));
  takeHold();
  if (outgoing.logs) {
    undo.push(bridgeApiLogs(appResolvers()));
    if (options.enabledInstrumentations.has('console')) undo.push(bridgeConsole());
  }

  const readers = [...pipeline.metricReaders, ...(options.metricReaders ?? [])];
  const sent = async (others: readonly { forceFlush(): Promise<void> }[] = []) => {
    const parts = [outgoing.spans, outgoing.logs, ...others];
    await Promise.allSettled(parts.map(async (part) => part?.forceFlush()));
    await pipeline.network.settled();
  };

  const end = async () => {
    pipeline.network.close();
    // Everything stays up while what there is goes out: what is being done meanwhile still ends its spans.
    const ended = sent()
      .then(() => providers.shutdown())
      .catch((error) => warn(`shutdown: ${inWords(error)}`));
    if (!(await within(options.shutdownTimeout, ended))) {
      const reason = `no answer within ${options.shutdownTimeout} ms of shutdown`;
      if (pipeline.network.abandon(reason) === 0) warn(`shutdown was not done within ${options.shutdownTimeout} ms`);
    }
    takeBack(undo);
  };

  let ending: Promise<void> | undefined;
  const telemetry: Telemetry = Object.freeze({
    async flush() {
      if (ending === undefined) await within(options.flushTimeout, sent(readers));
      else await ending;
    },
    shutdown() {
      ending ??= end();
      return ending;
    },
  });
  // Of a process that was told to go: when it has to be gone.
  let deadline: number | undefined;
  let reason = 'the process was told to end';
  const lastFlush = async () => {
    deadline = performance.now() + options.shutdownTimeout;
    pipeline.network.close();
    const { spanProcessors = [], logRecordProcessors = [], metricReaders = [] } = options;
    const own = [...spanProcessors, ...logRecordProcessors, ...metricReaders];
    // Twice, since not everybody has last words: an exporter of Azure Monitor has none, and a spool keeps them for later.
    const ended = sent(readers)
      .then(() => sent())
      .then(() => Promise.allSettled(own.map(async (part) => part.shutdown())));
    // The last words need some of the time.
    if (!(await within(0.8 * options.shutdownTimeout, ended))) {
      reason = `no answer within ${options.shutdownTimeout} ms of shutdown`;
    }
  };
  const lastWords = (timeout = options.shutdownTimeout) =>
    safely('the last words of a process', () => {
      outgoing.spans?.tail.close();
      const parcels = pipeline.network.pending();
      const items = parcels.reduce((sum, parcel) => sum + parcel.items, 0);
      const left = deadline === undefined ? timeout : Math.min(timeout, deadline - performance.now());
      const lost = items - sendLastWords(parcels, left);
      if (deadline !== undefined) {
        outgoing.tree?.shutdown();
        pipeline.network.abandon(reason, delivered);
      } else if (lost > 0) warn(`the process has ended before ${lost} spans, log records and metrics could be sent`);
    });
  const flush = (isLast = false) => (isLast ? lastFlush() : telemetry.flush());
  if (!options.manualShutdown) undo.push(shutDownWithProcess({ ...telemetry, flush, lastWords }));
  return telemetry;
}

/** Where spans and log records pass on their way to whatever is there to take them; nothing where nothing is. */
function createOutlets(options: ResolvedOptions, pipeline: Pipeline, undo: (() => void)[]) {
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
    spans: spanProcessors.length > 0 ? new SpanOutlet(spanProcessors, cleaner, { rules: keep, ...buffer }) : undefined,
    logs:
      logRecordProcessors.length > 0
        ? new LogOutlet(logRecordProcessors, cleaner, (record) =>
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

/** Whether `work` was done in time. */
function within(millis: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), millis);
    const done = () => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(done, done);
  });
}

/** Last step first. One that fails, an instrumentation of the app's, say, does not keep the others. */
export function takeBack(undo: (() => void)[]): void {
  for (const step of [...undo].reverse()) {
    try {
      step();
    } catch (error) {
      warn(`shutdown: ${inWords(error)}`);
    }
  }
}
