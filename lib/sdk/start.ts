import { apiConflict } from './api-copies.js';
import { tellLateVariables, watchLateVariables } from './late-variables.js';
import { startNodeSdk } from './node-sdk.js';
import { LEAST_NODE, nodeIsTooOld } from './node-version.js';
import { resolveOptions, type TelemetryOptions } from './options.js';
import { type Telemetry, undoAll } from './stop.js';
import { forgetReported, messageOf, warn } from './warnings.js';

const INERT: Telemetry = Object.freeze({ flush: async () => {}, shutdown: async () => {}, outages: () => [] });

// On globalThis, so that a preload (`annotel/register`) and the app see one state whatever copy they load.
const STATE = Symbol.for('annotel.telemetry');
const holder = globalThis as { [STATE]?: Telemetry };

/** What {@link startTelemetry} has started in this process, by whichever copy of the package; `undefined` where nothing runs. */
export function runningTelemetry(): Telemetry | undefined {
  return holder[STATE];
}

/**
 * Starts traces, metrics and logs by OpenTelemetry's `NodeSDK`. Each option takes precedence over its variable
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/, and those of the README). Call it before
 * the libraries to be traced are loaded, or start the process with `node --import annotel/register`, which calls it.
 *
 * Where telemetry runs already, that is returned, and options have no effect. Where it cannot start, or `OTEL_SDK_DISABLED` is
 * `true`, one sentence on stderr says why, and what is returned does nothing: the app runs on without telemetry.
 *
 * @example
 * ```ts
 * const telemetry = startTelemetry({ serviceName: 'shop', keep: 'errors,slower-than=5s' });
 * await telemetry.flush();
 * ```
 *
 * @throws TypeError where an option cannot be used
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  const running = runningTelemetry();
  if (running) {
    tellLateVariables();
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
    undo.push(watchLateVariables());
    return telemetry;
  } catch (error) {
    undoAll(undo);
    // A package that is not found is followed by who required it.
    const [reason] = messageOf(error).split('\n');
    return goWithout(`cannot start telemetry, and the app runs without: ${reason}`);
  }
}

let lastReason: string | undefined;

/** Warns once, although a preload and a framework's module may both try to start. */
function goWithout(reason: string): Telemetry {
  if (reason !== lastReason) warn(reason);
  lastReason = reason;
  return INERT;
}
