import { syncBuiltinESMExports } from 'node:module';
import { format, types } from 'node:util';
import { context, type Logger, logs, SeverityNumber } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { safely } from '../../safely.js';
import { ofError } from './exception.js';
import { logText } from './log-value.js';
import { isPrinting } from './own-output.js';

const SEVERITIES = {
  log: { severityNumber: SeverityNumber.INFO, severityText: 'INFO' },
  info: { severityNumber: SeverityNumber.INFO, severityText: 'INFO' },
  debug: { severityNumber: SeverityNumber.DEBUG, severityText: 'DEBUG' },
  warn: { severityNumber: SeverityNumber.WARN, severityText: 'WARN' },
  error: { severityNumber: SeverityNumber.ERROR, severityText: 'ERROR' },
} satisfies Partial<Record<keyof Console, object>>;

type Method = keyof typeof SEVERITIES;

/** What `console.trace` writes by `error`. It is not patched itself, since the patch would stand in the stack that it prints. */
const TRACED = /^Trace(?:: ([\s\S]*?))?\n {4}at /;
const TRACE = { severityNumber: SeverityNumber.TRACE, severityText: 'TRACE' };

/** Whether a call is under way: what it calls itself, and what exporters print, is no record. */
let underWay = false;

/**
 * Exports what is written through the global `console`, as records of the logger `console`. What is printed stays as it is: it may
 * be the data that a program is there for. To be called once the SDK is registered.
 *
 * @returns removes the patches; a patch that somebody else has put over one of them stays, with nothing below it
 */
export function bridgeConsole(): () => void {
  const logger = logs.getLogger('console');
  const undo = (Object.keys(SEVERITIES) as Method[]).map((method) => patch(method, logger));
  syncBuiltinESMExports();
  return () => {
    for (const step of undo) step();
    syncBuiltinESMExports();
  };
}

function patch(method: Method, logger: Logger): () => void {
  const own = Object.getOwnPropertyDescriptor(console, method);
  const original = own ? own.value : console[method];
  // A console that was replaced or frozen may lack a method or not let go of it.
  if (typeof original !== 'function' || own?.configurable === false || !Object.isExtensible(console)) return () => {};
  let active = true;
  const patched = function (this: unknown, ...args: unknown[]): unknown {
    if (!active || underWay) return Reflect.apply(original, this, args);
    underWay = true;
    try {
      return Reflect.apply(original, this, args);
    } finally {
      // Afterwards, since to format a value may run code of the app's that changes it.
      safely('exporting a line of the console', () => observe(method, args, logger));
      underWay = false;
    }
  };
  Object.defineProperties(patched, {
    name: { value: original.name, configurable: true },
    length: { value: original.length, configurable: true },
  });
  const patchedConsole = console;
  Object.defineProperty(patchedConsole, method, { configurable: true, writable: true, ...own, value: patched });
  return () => {
    active = false;
    if (patchedConsole[method] !== patched) return;
    if (own) Object.defineProperty(patchedConsole, method, own);
    else delete (patchedConsole as Partial<Console>)[method];
  };
}

function observe(method: Method, args: unknown[], logger: Logger): void {
  const active = context.active();
  if (isTracingSuppressed(active) || isPrinting(active)) return;
  const traced = method === 'error' && typeof args[0] === 'string' ? TRACED.exec(args[0]) : null;
  const severity = traced ? TRACE : SEVERITIES[method];
  if (!logger.enabled({ ...severity, context: active })) return;
  const text = traced ? traced[1] || 'Trace' : formatted(args);
  if (text === '') return;
  const error = args.find((arg) => types.isNativeError(arg));
  logger.emit({ ...severity, body: logText(text), attributes: error ? ofError(error) : {}, context: active });
}

/** Objects run code of theirs when they are shown, which may throw; the console itself then decides what to do. */
function formatted(args: unknown[]): string {
  try {
    return format(...args);
  } catch {
    return '[Unreadable]';
  }
}
