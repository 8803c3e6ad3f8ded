import { syncBuiltinESMExports } from 'node:module';
import { format, types } from 'node:util';
import {
  type Context,
  context,
  isSpanContextValid,
  type Logger,
  logs,
  SeverityNumber,
  trace,
} from '@opentelemetry/api';
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
  trace: { severityNumber: SeverityNumber.TRACE, severityText: 'TRACE' },
} satisfies Partial<Record<keyof Console, object>>;

type Method = keyof typeof SEVERITIES;

/** Whether a call is under way: what it calls itself (`console.trace` calls `error`), and what exporters print, is no record. */
let underWay = false;

/**
 * Exports what is written through the global `console`, as records of the logger `console`, and puts the ids of the
 * active span at the end of each line of prose. To be called once the SDK is registered.
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
      const shown = safely('exporting a line of the console', () => observed(method, args, logger), args);
      return Reflect.apply(original, this, shown);
    } finally {
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

/** @returns what to print */
function observed(method: Method, args: unknown[], logger: Logger): unknown[] {
  const active = context.active();
  if (isTracingSuppressed(active) || isPrinting(active)) return args;
  const severity = SEVERITIES[method];
  if (!logger.enabled({ ...severity, context: active })) return args;
  const text = formatted(args);
  if (text === '') return args;
  const error = args.find((arg) => types.isNativeError(arg));
  logger.emit({ ...severity, body: logText(text), attributes: error ? ofError(error) : {}, context: active });
  return withIds(args, text, active);
}

/** Objects run code of theirs when they are shown, which may throw; the console itself then decides what to do. */
function formatted(args: unknown[]): string {
  try {
    return format(...args);
  } catch {
    return '[Unreadable]';
  }
}

/** JSON, tables and stacks are read by machines, or hold lines that the ids would not belong to. */
function withIds(args: unknown[], text: string, active: Context): unknown[] {
  const [first] = args;
  const span = trace.getSpanContext(active);
  if (span === undefined || !isSpanContextValid(span) || typeof first !== 'string') return args;
  if (text.includes('\n') || !/^\s*[^\s[{]/.test(logText(text))) return args;
  const ids = `trace_id=${span.traceId} span_id=${span.spanId}`;
  if (args.length === 1) return [`${first} ${ids}`];
  // A placeholder without a value would take the ids for it.
  return first.includes('%') ? ['%s', `${text} ${ids}`] : [...args, ids];
}
