import { types } from 'node:util';
import type { Attributes, LogRecord } from '@opentelemetry/api';
import { SeverityNumber } from '../../otel.js';
import { ofError, ofStack } from './exception.js';
import { logText, logValue } from './log-value.js';

/** A record of winston: level, message and whatever else the app has passed. */
export type Info = Record<string | symbol, unknown>;

// As `triple-beam` has them.
const LEVEL = Symbol.for('level');
const SPLAT = Symbol.for('splat');

/** By name, for the levels of npm, syslog and most that are made up. */
const SEVERITIES: Readonly<Record<string, number>> = {
  emerg: SeverityNumber.FATAL3,
  emergency: SeverityNumber.FATAL3,
  alert: SeverityNumber.FATAL2,
  crit: SeverityNumber.FATAL,
  critical: SeverityNumber.FATAL,
  fatal: SeverityNumber.FATAL,
  error: SeverityNumber.ERROR,
  warn: SeverityNumber.WARN,
  warning: SeverityNumber.WARN,
  help: SeverityNumber.INFO3,
  notice: SeverityNumber.INFO2,
  data: SeverityNumber.INFO2,
  info: SeverityNumber.INFO,
  http: SeverityNumber.DEBUG3,
  verbose: SeverityNumber.DEBUG2,
  debug: SeverityNumber.DEBUG,
  prompt: SeverityNumber.TRACE4,
  input: SeverityNumber.TRACE2,
  silly: SeverityNumber.TRACE,
  trace: SeverityNumber.TRACE,
};

/** What the record says elsewhere; `timestamp` is what a format makes of the time. */
const SAID_ELSEWHERE = new Set(['level', 'message', 'timestamp']);
const IDS = new Set(['trace_id', 'span_id', 'trace_flags']);
/** What winston tells of the machine with an uncaught exception, kilobytes of it. */
const OF_UNCAUGHT = new Set(['date', 'process', 'os', 'trace']);

/** The level that the app has named; `level` itself may have been coloured by a format. */
export function winstonLevel(formatted: Info, original: Info): string {
  return String(formatted[LEVEL] ?? original[LEVEL] ?? formatted.level);
}

/**
 * A record of winston as one for export. The message is the body, an error in the original `exception.*`, and the
 * rest attributes.
 *
 * @param formatted what the logger's formats made of it
 * @param original what the app has passed; the formats may have dropped the error
 * @param levels of the logger, the most severe one lowest
 */
export function winstonRecord(
  formatted: Info,
  original: Info,
  level: string,
  levels: Readonly<Record<string, number>>,
): Pick<LogRecord, 'severityNumber' | 'severityText' | 'body' | 'attributes'> {
  const { message } = formatted;
  const error = errorIn(original) ?? errorIn(formatted);
  const exception = error === undefined ? ofStack(formatted.stack) : ofError(error);
  const isUncaught = formatted.exception === true || formatted.rejection === true;
  // An id of the app's own, from elsewhere, comes without flags.
  const hasOurIds = formatted.trace_flags !== undefined;
  const fields = Object.entries(formatted).filter(
    ([key, value]) =>
      !SAID_ELSEWHERE.has(key) &&
      !(hasOurIds && IDS.has(key)) &&
      !(isUncaught && OF_UNCAUGHT.has(key)) &&
      !types.isNativeError(value) &&
      !(key === 'stack' && typeof value === 'string'),
  );
  return {
    severityNumber: severity(level, levels),
    severityText: level,
    body: bodyOf(message),
    attributes: { ...(logValue(Object.fromEntries(fields)) as Attributes), ...exception },
  };
}

function bodyOf(message: unknown): LogRecord['body'] {
  if (typeof message === 'string') return logText(message);
  return types.isNativeError(message) ? logText(message.message) : logValue(message);
}

/** `error(err)`, `error('…', err)`, `error({ message: err })`, `error('…', { err })`. */
function errorIn(info: Info): Error | undefined {
  if (types.isNativeError(info)) return info;
  const more = Array.isArray(info[SPLAT]) ? info[SPLAT] : [];
  return [...more, ...Object.values(info)].find((value) => types.isNativeError(value));
}

/** Levels with names of the app's own go by their place among the others. */
function severity(level: string, levels: Readonly<Record<string, number>>): number {
  // In the levels of `winston.config.cli` verbose comes after debug.
  if (level === 'verbose' && 'prompt' in levels) return SeverityNumber.TRACE3;
  if (Object.hasOwn(SEVERITIES, level)) return SEVERITIES[level] as number;
  const ranks = Object.values(levels);
  const below = ranks.filter((rank) => rank < (levels[level] ?? 0)).length;
  return Math.round(SeverityNumber.FATAL - (20 * below) / Math.max(1, ranks.length - 1));
}
