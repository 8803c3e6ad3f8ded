import { lateSentence, unreadSentence, unreadVariables } from './configuration/env-files.js';
import { isTelemetryVariable } from './configuration/variables.js';
import { environment } from './options.js';
import { warn } from './warnings.js';

// Milliseconds. An app that loads variables itself has done so by then.
const SETTLED = 5000;

let look: (() => void) | undefined;

/**
 * Tells of variables of telemetry that come too late: of those in `.env` files at once, and of others when they are there. To be
 * called at the start.
 *
 * @returns ends it
 */
export function watchLateVariables(): () => void {
  const now = () => environment().matching(/^/);
  const known = new Set(Object.keys(now()));
  if (environment().text('ANNOTEL_ENV_FILE') === undefined) {
    for (const unread of unreadVariables('.', now())) {
      warn(unreadSentence(unread));
      for (const name of unread.names) known.add(name);
    }
  }
  look = () => {
    const late = Object.keys(now()).filter((name) => !known.has(name) && isTelemetryVariable(name));
    if (late.length > 0) warn(lateSentence(late));
    for (const name of late) known.add(name);
  };
  const timer = setTimeout(look, SETTLED).unref();
  process.once('exit', look);
  return () => {
    clearTimeout(timer);
    tellLateVariables();
    if (look) process.off('exit', look);
    look = undefined;
  };
}

/** Looks for them now, where something asks for the telemetry that runs. */
export function tellLateVariables(): void {
  look?.();
}
