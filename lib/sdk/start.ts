import { apiConflict } from './api-copies.js';
import { startNodeSdk } from './node-sdk.js';
import { resolveOptions, type TelemetryOptions } from './options.js';
import { type Telemetry, undoAll } from './stop.js';
import { forgetReported, messageOf, warn } from './warnings.js';

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
  forgetReported();
  const resolved = resolveOptions(options);
  if (resolved.disabled) return INERT;
  const conflict = apiConflict();
  if (conflict !== undefined) return goWithout(conflict);
  if (nodeIsTooOld())
    warn(`Node ${process.versions.node} is older than annotel needs (${LEAST_NODE}); it may lose telemetry`);
  const undo: (() => void)[] = [];
  try {
    const telemetry = startNodeSdk(resolved, undo);
    undo.push(() => {
      delete holder[STATE];
    });
    holder[STATE] = telemetry;
    return telemetry;
  } catch (error) {
    undoAll(undo);
    return goWithout(`cannot start telemetry: ${messageOf(error)}`);
  }
}

let lastReason: string | undefined;

/** Said once, although a preload and a framework's module may both try to start. */
function goWithout(reason: string): Telemetry {
  if (reason !== lastReason) warn(reason);
  lastReason = reason;
  return INERT;
}

/** The oldest Node that annotel and the OpenTelemetry SDK work with. */
export const LEAST_NODE = '22.15';

/** Whether the process runs on an older one, where they may work by chance. */
export function nodeIsTooOld(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
