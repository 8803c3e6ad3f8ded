import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { safely } from '../safely.js';
import type { ConsoleTree } from './console-tree.js';
import type { Network } from './delivery/network.js';
import { delivered, sendLastWords } from './last-words.js';
import type { ResolvedOptions } from './options.js';
import type { LogOutlet } from './outgoing/log-outlet.js';
import type { SpanOutlet } from './outgoing/span-outlet.js';
import { shutDownWithProcess } from './process-end.js';
import type { Providers } from './providers.js';
import type { Telemetry } from './start.js';
import { inWords, warn } from './warnings.js';

/** What runs, and has to be flushed and ended. */
export interface Running {
  readonly spans: SpanOutlet | undefined;
  readonly logs: LogOutlet | undefined;
  readonly tree: ConsoleTree | undefined;
  readonly readers: readonly IMetricReader[];
  readonly network: Network;
  readonly providers: Providers;
}

// Of the time that a signal leaves, what the rounds of sending may take; the last words need some of it.
const MOST_OF_IT = 0.8;

/**
 * The handle of running telemetry: flushes and ends it when the app or the process says so.
 *
 * @param undo what takes the start back, step by step
 */
export function untilTheEnd(options: ResolvedOptions, running: Running, undo: (() => void)[]): Telemetry {
  const { spans, logs, tree, readers, network, providers } = running;
  const { flushTimeout, shutdownTimeout } = options;

  const spansAndLogs = async () => {
    await Promise.allSettled([spans?.forceFlush(), logs?.forceFlush()]);
    await network.settled();
  };
  // Metrics last: they also tell what became of the others.
  const everything = async () => {
    await spansAndLogs();
    await Promise.allSettled(readers.map(async (reader) => reader.forceFlush()));
    await network.settled();
  };

  let ending: Promise<void> | undefined;
  const end = async () => {
    network.close();
    // Everything stays up while what there is goes out: what is being done meanwhile still ends its spans.
    const ended = spansAndLogs()
      .then(() => providers.shutdown())
      .catch((error) => warn(`shutdown: ${inWords(error)}`));
    if (!(await within(shutdownTimeout, ended))) {
      const reason = `no answer within ${shutdownTimeout} ms of shutdown`;
      if (network.abandon(reason) === 0) warn(`shutdown was not done within ${shutdownTimeout} ms`);
    }
    takeBack(undo);
  };
  const telemetry: Telemetry = Object.freeze({
    async flush() {
      if (ending === undefined) await within(flushTimeout, everything());
      else await ending;
    },
    shutdown() {
      ending ??= end();
      return ending;
    },
  });
  if (options.manualShutdown) return telemetry;

  // Of a process that was told to go: when it has to be gone, and why something may be left.
  let deadline: number | undefined;
  let reason = 'the process was told to end';
  const lastFlush = async () => {
    deadline = performance.now() + shutdownTimeout;
    network.close();
    const { spanProcessors = [], logRecordProcessors = [], metricReaders = [] } = options;
    const own = [...spanProcessors, ...logRecordProcessors, ...metricReaders];
    // Twice, since not everybody has last words: an exporter of Azure Monitor has none, and a spool keeps them for later.
    const ended = everything()
      .then(spansAndLogs)
      .then(() => Promise.allSettled(own.map(async (part) => part.shutdown())));
    if (!(await within(MOST_OF_IT * shutdownTimeout, ended))) {
      reason = `no answer within ${shutdownTimeout} ms of shutdown`;
    }
  };
  const lastWords = (timeout = shutdownTimeout) =>
    safely('the last words of a process', () => {
      spans?.tail.close();
      const parcels = network.pending();
      const items = parcels.reduce((sum, parcel) => sum + parcel.items, 0);
      const left = deadline === undefined ? timeout : Math.min(timeout, deadline - performance.now());
      const lost = items - sendLastWords(parcels, left);
      if (deadline !== undefined) {
        tree?.shutdown();
        network.abandon(reason, delivered);
      } else if (lost > 0) {
        const where = [...new Set(parcels.map(({ url }) => new URL(url).origin))].join(', ');
        warn(`the process has ended before ${lost} items (spans, log records, data points) could be sent to ${where}`);
      }
    });
  const flush = (isLast = false) => (isLast ? lastFlush() : telemetry.flush());
  undo.push(shutDownWithProcess({ ...telemetry, flush, lastWords }));
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
