import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { configure } from '../settings.js';
import { apiConflict, registered, wakeEarlyTracers } from './api-copies.js';
import { ConsoleTree } from './console-tree.js';
import { createPipeline } from './exporters.js';
import { nameFastifyRoutes } from './fastify.js';
import { instrument, takeHold } from './instrumentations.js';
import { type ResolvedOptions, resolveOptions, type TelemetryOptions } from './options.js';
import { shutDownWithProcess } from './process-end.js';
import { DIAG_LEVELS, diagLogger, forgetComplaints, warn } from './warnings.js';

/** Telemetry that is running. Neither method ever rejects, and both end in bounded time. */
export interface Telemetry {
  /** Sends what has been recorded so far. Resolves when it is out, or after `flushTimeout`. */
  flush(): Promise<void>;
  /** Sends what is left and takes everything down, patches included; a later start is possible. Idempotent. */
  shutdown(): Promise<void>;
}

const INERT: Telemetry = Object.freeze({ flush: async () => {}, shutdown: async () => {} });

// On globalThis, so that a preload (`annotel/register`) and the app see one state whatever copy they load.
const STATE = Symbol.for('annotel.telemetry');
const holder = globalThis as { [STATE]?: Telemetry };

/** The telemetry that runs in this process, if any. */
export function runningTelemetry(): Telemetry | undefined {
  return holder[STATE];
}

/**
 * Starts traces, metrics and logs from the environment and, where given, from options. What is running already stays as
 * it is and is handed back. Never fails for what the environment holds; the app runs on without telemetry.
 *
 * @throws TypeError where an option cannot be used
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  const running = runningTelemetry();
  if (running) {
    if (Object.values(options).some((value) => value !== undefined))
      warn('telemetry is running already; options given now are ignored');
    return running;
  }
  forgetComplaints();
  const resolved = resolveOptions(options);
  if (resolved.disabled) return INERT;
  const conflict = apiConflict();
  if (conflict !== undefined) {
    warn(conflict);
    return INERT;
  }
  try {
    holder[STATE] = start(resolved);
    return holder[STATE];
  } catch (error) {
    warn(`cannot start telemetry: ${error instanceof Error ? error.message : error}`);
    return INERT;
  }
}

function start(options: ResolvedOptions): Telemetry {
  configure(options.settings);
  // A logger that the app has set for `diag` stays.
  const hasOwnDiag = registered().diag === undefined;
  if (hasOwnDiag) setDiagLogger(options);
  announce(options);

  const pipeline = createPipeline(options);
  const tree = options.console === 'tree' ? [new ConsoleTree({ color: options.color })] : [];
  const spanProcessors = [...tree, ...pipeline.spanProcessors, ...(options.spanProcessors ?? [])];
  const metricReaders = [...pipeline.metricReaders, ...(options.metricReaders ?? [])];
  const logRecordProcessors = [...pipeline.logRecordProcessors, ...(options.logRecordProcessors ?? [])];
  const scraped = options.metricExporters.includes('prometheus') ? options.prometheus.port : undefined;
  const instrumentations = [
    ...instrument(options.enabledInstrumentations, scraped),
    ...(options.instrumentations ?? []),
  ];
  const stopFastify = options.enabledInstrumentations.has('fastify') ? nameFastifyRoutes() : () => {};

  const wake = wakeEarlyTracers();
  // The SDK's constructor sets a logger of its own where OTEL_LOG_LEVEL is set, and protests if there is one.
  if (hasOwnDiag && options.logLevel !== undefined) diag.disable();
  const sdk = new NodeSDK({
    ...(options.serviceName !== undefined && { serviceName: options.serviceName }),
    ...(options.sampler && { sampler: options.sampler }),
    ...(options.views && { views: options.views }),
    ...(options.propagatorsUnknown && { textMapPropagator: defaultPropagator() }),
    spanProcessors,
    metricReaders,
    logRecordProcessors,
    instrumentations,
  });
  if (hasOwnDiag && options.logLevel !== undefined) setDiagLogger(options);
  sdk.start();
  wake();
  takeHold();

  const flushed = async () => {
    await Promise.allSettled(
      [...spanProcessors, ...metricReaders, ...logRecordProcessors].map((part) => part.forceFlush()),
    );
    await pipeline.network.settled();
  };

  const end = async () => {
    pipeline.network.close();
    const ended = sdk.shutdown().catch((error) => warn(`shutdown: ${error instanceof Error ? error.message : error}`));
    if (!(await within(options.shutdownTimeout, ended))) {
      const reason = `no answer within ${options.shutdownTimeout} ms of shutdown`;
      if (pipeline.network.abandon(reason) === 0) warn(`shutdown was not done within ${options.shutdownTimeout} ms`);
    }
    for (const instrumentation of instrumentations) instrumentation.disable();
    stopFastify();
    stopListening();
    for (const api of [trace, metrics, logs, propagation, context]) api.disable();
    if (hasOwnDiag) diag.disable();
    delete holder[STATE];
  };

  let ending: Promise<void> | undefined;
  const telemetry: Telemetry = {
    async flush() {
      if (ending === undefined) await within(options.flushTimeout, flushed());
      else await ending;
    },
    shutdown() {
      ending ??= end();
      return ending;
    },
  };
  const stopListening = options.manualShutdown ? () => {} : shutDownWithProcess(telemetry);
  return Object.freeze(telemetry);
}

function setDiagLogger({ logLevel = 'warn' }: ResolvedOptions): void {
  diag.setLogger(diagLogger(), { logLevel: DIAG_LEVELS[logLevel], suppressOverrideMessage: true });
}

function announce(options: ResolvedOptions): void {
  if (options.azureRequested) {
    warn('APPLICATIONINSIGHTS_CONNECTION_STRING is set, but this version does not export to Azure Monitor yet');
  }
  if (options.consoleByDefault) {
    warn(
      'nothing is configured to export, so traces are printed here; OTEL_EXPORTER_OTLP_ENDPOINT=http://… sends them',
    );
  }
}

function defaultPropagator(): CompositePropagator {
  return new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] });
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
