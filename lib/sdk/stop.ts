import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import type { NodeSDK } from '@opentelemetry/sdk-node';
import { safely } from '../safely.js';
import type { ConsoleTree } from './console/console-tree.js';
import { deliveredAtExit, exportAtExit } from './export/exit.js';
import type { Exports } from './export/exports.js';
import type { ResolvedOptions } from './options.js';
import { shutDownWithProcess } from './process-end.js';
import type { OutgoingLogProcessor } from './processors/log-processor.js';
import type { OutgoingSpanProcessor } from './processors/span-processor.js';
import type { Telemetry } from './start.js';
import { inWords, warn } from './warnings.js';

/** What runs, and has to be flushed and ended. */
export interface Running {
  readonly spans: OutgoingSpanProcessor | undefined;
  readonly logs: OutgoingLogProcessor | undefined;
  readonly tree: ConsoleTree | undefined;
  readonly readers: readonly IMetricReader[];
  readonly exports: Exports;
  readonly sdk: Pick<NodeSDK, 'shutdown'>;
}

// Of the time that a signal leaves, what the rounds of sending may take; the flush at the exit needs some of it.
const MOST_OF_IT = 0.8;
// A process that is done is not held for longer by a collector that has not answered it.
const LONGEST_UNANSWERED = 2000;

/**
 * The handle of running telemetry: flushes and ends it when the app or the process says so.
 *
 * @param undo what takes the start back, step by step
 */
export function untilTheEnd(options: ResolvedOptions, running: Running, undo: (() => void)[]): Telemetry {
  const { spans, logs, tree, readers, exports, sdk } = running;
  const { flushTimeout, shutdownTimeout } = options;

  const spansAndLogs = async () => {
    await Promise.allSettled([spans?.forceFlush(), logs?.forceFlush()]);
    await exports.settled();
  };
  // Metrics last: they also tell what became of the others.
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
    // Everything stays up while what there is goes out: what is being done meanwhile still ends its spans.
    const ended = spansAndLogs()
      .then(() => sdk.shutdown())
      .catch((error) => warn(`shutdown: ${inWords(error)}`));
    let timeout = shutdownTimeout;
    const patience = Math.min(timeout, LONGEST_UNANSWERED);
    if (isFinished && !(await within(patience, ended)) && !exports.answer) timeout = patience;
    if (!(await within(Math.max(0, timeout - (performance.now() - started)), ended))) {
      const reason = `no answer within ${timeout} ms of shutdown`;
      if (exports.abandon(reason) === 0) warn(`shutdown was not done within ${timeout} ms`);
    }
    takeBack(undo);
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
  });
  if (options.manualShutdown) return telemetry;

  // Of a process that was told to go: when it has to be gone, and why something may be left.
  let deadline: number | undefined;
  let reason = 'the process was told to end';
  const lastFlush = async () => {
    deadline = performance.now() + shutdownTimeout;
    exports.close();
    const { spanProcessors = [], logRecordProcessors = [], metricReaders = [] } = options;
    const own = [...spanProcessors, ...logRecordProcessors, ...metricReaders];
    // Twice, since not everything is exported at the exit: an exporter of Azure Monitor cannot, and a spool keeps what is left for later.
    const ended = everything()
      .then(spansAndLogs)
      .then(() => Promise.allSettled(own.map(async (part) => part.shutdown())));
    if (!(await within(MOST_OF_IT * shutdownTimeout, ended))) {
      reason = `no answer within ${shutdownTimeout} ms of shutdown`;
    }
  };
  const flushAtExit = (timeout = shutdownTimeout) =>
    safely('the last flush of a process', () => {
      spans?.tail.close();
      const pending = exports.pending();
      const items = pending.reduce((sum, one) => sum + one.items, 0);
      const left = deadline === undefined ? timeout : Math.min(timeout, deadline - performance.now());
      const lost = items - exportAtExit(pending, left);
      if (deadline !== undefined) {
        tree?.shutdown();
        exports.abandon(reason, deliveredAtExit);
      } else if (lost > 0) {
        const where = [...new Set(pending.map(({ url }) => new URL(url).origin))].join(', ');
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
