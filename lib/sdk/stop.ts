import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import type { NodeSDK } from '@opentelemetry/sdk-node';
import { safely } from '../safely.js';
import type { ConsoleTree } from './console/console-tree.js';
import { deliveredAtExit, exportAtExit } from './export/exit.js';
import { type Exports, originOf } from './export/exports.js';
import type { ResolvedOptions } from './options.js';
import { shutDownWithProcess } from './process-end.js';
import type { OutgoingLogProcessor } from './processors/log-processor.js';
import type { OutgoingSpanProcessor } from './processors/span-processor.js';
import { messageOf, warn } from './warnings.js';

/** Telemetry that is running. Neither method ever rejects, and both end in bounded time. */
export interface Telemetry {
  /** Sends what has been recorded so far. Resolves when it is sent, or after `flushTimeout` milliseconds. */
  flush(): Promise<void>;
  /**
   * Sends what is left, for at most `shutdownTimeout` milliseconds, and undoes the start, patches included; a later start is
   * possible. Calling it again waits for the same end.
   */
  shutdown(): Promise<void>;
  /** The destinations that do not take telemetry at the moment, and why. What is exported in another way is not watched. */
  outages(): readonly { readonly destination: string; readonly reason: string }[];
}

/** What runs, and has to be flushed and ended. */
export interface Running {
  readonly spans: OutgoingSpanProcessor | undefined;
  readonly logs: OutgoingLogProcessor | undefined;
  readonly tree: ConsoleTree | undefined;
  readonly readers: readonly IMetricReader[];
  readonly exports: Exports;
  readonly sdk: Pick<NodeSDK, 'shutdown'>;
}

// Of the time that is left after a signal: the share of the asynchronous flush. The synchronous one at the exit needs the rest.
const ASYNCHRONOUS_SHARE = 0.8;
// Milliseconds. A process that is done does not wait longer for a collector that has never answered it.
const LONGEST_UNANSWERED = 2000;

/**
 * The handle of running telemetry. Unless the app does that itself, it is flushed and ended with the process.
 *
 * @param undo the steps that undo the start
 */
export function createTelemetry(options: ResolvedOptions, running: Running, undo: (() => void)[]): Telemetry {
  const { spans, logs, tree, readers, exports, sdk } = running;
  const { flushTimeout, shutdownTimeout } = options;

  const spansAndLogs = async () => {
    await Promise.allSettled([spans?.forceFlush(), logs?.forceFlush()]);
    await exports.settled();
  };
  // Metrics last: they count what was exported of the others.
  const everything = async () => {
    await spansAndLogs();
    await Promise.allSettled(readers.map(async (reader) => reader.forceFlush()));
    await exports.settled();
  };

  let ending: Promise<void> | undefined;
  /** @param isFinished the process has nothing left to do */
  const end = async (isFinished: boolean) => {
    const started = performance.now();
    exports.close();
    // The SDK shuts down after the flush: requests that run meanwhile still end their spans.
    const ended = spansAndLogs()
      .then(() => sdk.shutdown())
      .catch((error) => warn(`shutdown: ${messageOf(error)}`));
    let timeout = shutdownTimeout;
    const patience = Math.min(timeout, LONGEST_UNANSWERED);
    if (isFinished && !(await within(patience, ended)) && !exports.allHaveAnswered) timeout = patience;
    if (!(await within(Math.max(0, timeout - (performance.now() - started)), ended))) {
      const reason = `no answer within ${timeout} ms of shutdown`;
      if (exports.abandon(reason) === 0) warn(`shutdown was not done within ${timeout} ms`);
    }
    undoAll(undo);
  };
  const telemetry: Telemetry = Object.freeze({
    async flush() {
      if (ending === undefined) await within(flushTimeout, everything());
      else await ending;
    },
    shutdown() {
      ending ??= end(false);
      return ending;
    },
    outages: () => exports.outages(),
  });
  if (options.manualShutdown) return telemetry;

  // After SIGTERM or SIGINT: when the process has to have ended, and why something may be left.
  let deadline: number | undefined;
  let reason = 'the process was told to end';
  const lastFlush = async () => {
    deadline = performance.now() + shutdownTimeout;
    exports.close();
    const { spanProcessors = [], logRecordProcessors = [], metricReaders = [] } = options;
    const own = [...spanProcessors, ...logRecordProcessors, ...metricReaders];
    // Spans and logs twice: the exporter of Azure Monitor cannot export at the exit, and a spool would keep for later what ended meanwhile.
    const ended = everything()
      .then(spansAndLogs)
      .then(() => Promise.allSettled(own.map(async (part) => part.shutdown())));
    if (!(await within(ASYNCHRONOUS_SHARE * shutdownTimeout, ended))) {
      reason = `no answer within ${shutdownTimeout} ms of shutdown`;
    }
  };
  const flushAtExit = (timeout = shutdownTimeout) =>
    safely('the last flush of a process', () => {
      spans?.tail.close();
      const pending = exports.pending();
      const left = deadline === undefined ? timeout : Math.min(timeout, deadline - performance.now());
      const lost = exportAtExit(pending, left);
      if (deadline !== undefined) {
        tree?.shutdown();
        exports.abandon(reason, deliveredAtExit);
      } else if (lost > 0) {
        const where = [...new Set(pending.map(({ url }) => originOf(url)))].join(', ');
        warn(`the process has ended before ${lost} items (spans, log records, data points) could be sent to ${where}`);
      }
    });
  const finished = () => {
    ending ??= end(true);
  };
  const flush = (isLast = false) => (isLast ? lastFlush() : telemetry.flush());
  undo.push(shutDownWithProcess({ flush, finished, flushAtExit }));
  return telemetry;
}

/** Undoes the steps of a start, the last one first. One that fails, as an instrumentation of the app's may, does not keep the others. */
export function undoAll(undo: (() => void)[]): void {
  for (const step of [...undo].reverse()) {
    try {
      step();
    } catch (error) {
      warn(`shutdown: ${messageOf(error)}`);
    }
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
