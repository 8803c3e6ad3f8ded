import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { warnOfCapture } from '../content.js';
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
    if (Object.values(options).some((value) => value !== undefined)) {
      warn('telemetry is running already; options given now are ignored');
    }
    return running;
  }
  forgetComplaints();
  const resolved = resolveOptions(options);
  if (resolved.disabled) return INERT;
  const conflict = apiConflict();
  if (conflict !== undefined) return goWithout(conflict);
  const undo: (() => void)[] = [];
  try {
    holder[STATE] = start(resolved, undo);
    return holder[STATE];
  } catch (error) {
    takeBack(undo);
    return goWithout(`cannot start telemetry: ${inWords(error)}`);
  }
}

let lastReason: string | undefined;

/** Said once, although a preload and a framework's module may both try to start. */
function goWithout(reason: string): Telemetry {
  if (reason !== lastReason) warn(reason);
  lastReason = reason;
  return INERT;
}

/** @param undo collects what takes the start back, step by step */
function start(options: ResolvedOptions, undo: (() => void)[]): Telemetry {
  configure(options.settings);
  const constructing = useDiag(options, undo);
  announce(options);
  warnOfCapture();

  const pipeline = createPipeline(options);
  const tree = options.console === 'tree' ? [new ConsoleTree({ color: options.color })] : [];
  const onExit = () => {
    for (const printer of tree) printer.printEnded();
  };
  process.once('exit', onExit);
  undo.push(() => process.off('exit', onExit));
  const spanProcessors = [...tree, ...pipeline.spanProcessors, ...(options.spanProcessors ?? [])];
  const metricReaders = [...pipeline.metricReaders, ...(options.metricReaders ?? [])];
  const logRecordProcessors = [...pipeline.logRecordProcessors, ...(options.logRecordProcessors ?? [])];
  const instrumentations = patched(options, undo);
  const sdk = constructing(
    () =>
      new NodeSDK({
        ...(options.serviceName !== undefined && { serviceName: options.serviceName }),
        ...(options.sampler && { sampler: options.sampler }),
        ...(options.views && { views: options.views }),
        ...(options.propagatorsUnknown && { textMapPropagator: defaultPropagator() }),
        spanProcessors,
        metricReaders,
        logRecordProcessors,
        instrumentations,
      }),
  );
  const wake = wakeEarlyTracers();
  undo.push(() => {
    for (const api of [trace, metrics, logs, propagation, context]) api.disable();
  });
  sdk.start();
  wake();
  takeHold();

  const flushed = async () => {
    const parts = [...spanProcessors, ...metricReaders, ...logRecordProcessors];
    await Promise.allSettled(parts.map((part) => part.forceFlush()));
    await pipeline.network.settled();
  };

  const end = async () => {
    pipeline.network.close();
    // In an async function: a processor of the app's may throw rather than reject.
    const ended = (async () => sdk.shutdown())().catch((error) => warn(`shutdown: ${inWords(error)}`));
    if (!(await within(options.shutdownTimeout, ended))) {
      const reason = `no answer within ${options.shutdownTimeout} ms of shutdown`;
      if (pipeline.network.abandon(reason) === 0) warn(`shutdown was not done within ${options.shutdownTimeout} ms`);
    }
    takeBack(undo);
    delete holder[STATE];
  };

  let ending: Promise<void> | undefined;
  const telemetry: Telemetry = Object.freeze({
    async flush() {
      if (ending === undefined) await within(options.flushTimeout, flushed());
      else await ending;
    },
    shutdown() {
      ending ??= end();
      return ending;
    },
  });
  if (!options.manualShutdown) undo.push(shutDownWithProcess(telemetry));
  return telemetry;
}

/**
 * Shows what OpenTelemetry says about itself, unless the app has set a logger for that.
 *
 * @returns runs the SDK's constructor, which sets a logger of its own where OTEL_LOG_LEVEL is set and protests if there
 * is one already
 */
function useDiag({ logLevel }: ResolvedOptions, undo: (() => void)[]): <T>(construct: () => T) => T {
  if (registered().diag !== undefined) return (construct) => construct();
  const set = () => {
    diag.setLogger(diagLogger(), { logLevel: DIAG_LEVELS[logLevel ?? 'warn'], suppressOverrideMessage: true });
  };
  set();
  undo.push(() => diag.disable());
  return (construct) => {
    diag.disable();
    try {
      return construct();
    } finally {
      set();
    }
  };
}

/** Last step first. One that fails, an instrumentation of the app's, say, does not keep the others. */
function takeBack(undo: (() => void)[]): void {
  for (const step of [...undo].reverse()) {
    try {
      step();
    } catch (error) {
      warn(`shutdown: ${inWords(error)}`);
    }
  }
}

function patched(options: ResolvedOptions, undo: (() => void)[]): Instrumentation[] {
  const scraped = options.metricExporters.includes('prometheus') ? options.prometheus.port : undefined;
  const instrumentations = [
    ...instrument(options.enabledInstrumentations, scraped),
    ...(options.instrumentations ?? []),
  ];
  undo.push(() => {
    for (const instrumentation of instrumentations) instrumentation.disable();
  });
  if (options.enabledInstrumentations.has('fastify')) undo.push(nameFastifyRoutes());
  return instrumentations;
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

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
