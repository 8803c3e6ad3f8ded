import { diag } from './otel.js';
import { rethrowsFaults } from './settings.js';

const reported = new Set<string>();

/**
 * Runs a piece of telemetry. A fault in it never reaches the caller: it is reported once per `site` through OpenTelemetry's
 * `diag` and `fallback` is returned. This is the only place that swallows faults of telemetry.
 *
 * @param site what was being done, in words; names the fault in the report and is its key for reporting once
 */
export function safely<T>(site: string, work: () => T): T | undefined;
export function safely<T, F>(site: string, work: () => T, fallback: F): T | F;
export function safely<T, F>(site: string, work: () => T, fallback?: F): T | F | undefined {
  try {
    return work();
  } catch (fault) {
    if (rethrowsFaults()) throw fault;
    report(site, fault);
    return fallback;
  }
}

function report(site: string, fault: unknown): void {
  if (reported.has(site)) return;
  reported.add(site);
  try {
    diag.error(`annotel: ${site} failed; the call itself is unaffected (reported once)`, fault);
  } catch {
    // A logger that throws must not undo the promise made above.
  }
}

/** Reports a condition once per `message`, at warning level. */
export function warnOnce(message: string): void {
  if (reported.has(message)) return;
  reported.add(message);
  safely('reporting a warning', () => diag.warn(`annotel: ${message}`));
}

/** Tells of something once per `message`, at debug level. */
export function debugOnce(message: string): void {
  if (reported.has(message)) return;
  reported.add(message);
  safely('reporting', () => diag.debug(`annotel: ${message}`));
}

/** Tells of something once per `message`, at info level. */
export function infoOnce(message: string): void {
  if (reported.has(message)) return;
  reported.add(message);
  safely('reporting', () => diag.info(`annotel: ${message}`));
}
