import { types } from 'node:util';
import { ConsoleLogger, Injectable, type LogLevel } from '@nestjs/common';
import type { Attributes, LogRecord, SpanContext } from '@opentelemetry/api';
import { diag, isSpanContextValid, logs, SeverityNumber, trace } from '../lib/otel.js';
import { ofError, ofStack } from '../lib/sdk/logs/exception.js';
import { logValue } from '../lib/sdk/logs/log-value.js';
import { printing } from '../lib/sdk/logs/own-output.js';
import { ofErrorOnSpan } from './span-exceptions.js';

const SEVERITIES = {
  verbose: { severityNumber: SeverityNumber.TRACE, severityText: 'TRACE' },
  debug: { severityNumber: SeverityNumber.DEBUG, severityText: 'DEBUG' },
  log: { severityNumber: SeverityNumber.INFO, severityText: 'INFO' },
  warn: { severityNumber: SeverityNumber.WARN, severityText: 'WARN' },
  error: { severityNumber: SeverityNumber.ERROR, severityText: 'ERROR' },
  fatal: { severityNumber: SeverityNumber.FATAL, severityText: 'FATAL' },
} satisfies Record<LogLevel, object>;

/**
 * Nest's `ConsoleLogger`, whose records are also exported as OpenTelemetry log records, each with the trace and span in which
 * it was written. The name of the OpenTelemetry logger is Nest's context; a line on the console shows the first eight digits of
 * its trace id, a line in JSON both ids. Options and levels are those of `ConsoleLogger`. Logging never throws.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule, { bufferLogs: true });
 * app.useLogger(app.get(TelemetryLogger));
 * ```
 * Without `TelemetryModule`: `NestFactory.create(AppModule, { logger: new TelemetryLogger() })`.
 */
@Injectable()
export class TelemetryLogger extends ConsoleLogger {
  /** Sorting arguments looks into objects, and so runs code of theirs: getters, the traps of a Proxy. */
  protected override getContextAndMessagesToPrint(args: unknown[]) {
    try {
      return super.getContextAndMessagesToPrint(args);
    } catch {
      return super.getContextAndMessagesToPrint(args.map(logValue));
    }
  }

  /** Where all levels of `ConsoleLogger` meet, with the level checked and the arguments sorted. */
  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    const values = messages.map(evaluated);
    this.emit(params ? [...values, params] : values, context, level, stack);
    this.print(() => {
      try {
        super.printMessages(values, context, level, stream, stack, params);
      } catch {
        super.printMessages(values.map(logValue), context, level, stream, stack);
      }
    });
  }

  protected override printStackTrace(stack: string): void {
    this.print(() => super.printStackTrace(stack));
  }

  protected override formatContext(context: string): string {
    const span = activeSpan();
    return span ? `${super.formatContext(context)}(${span.traceId.slice(0, 8)}) ` : super.formatContext(context);
  }

  protected override getJsonLogObject(message: unknown, options: { context: string; logLevel: LogLevel }) {
    const span = activeSpan();
    const line = super.getJsonLogObject(message, options);
    return span ? { ...line, trace_id: span.traceId, span_id: span.spanId } : line;
  }

  /** With `forceConsole` it goes through the console, whose lines are exported too. */
  private print(work: () => void): void {
    if (this.options?.forceConsole) printing(work);
    else work();
  }

  private emit(messages: unknown[], context: string, level: LogLevel, stack: unknown): void {
    try {
      const logger = logs.getLogger(context || 'nest');
      const severity = SEVERITIES[level];
      // SDKs before 2.x have loggers that do not say.
      if (logger.enabled?.(severity) === false) return;
      // `redact` came with Nest 12.
      const shown = messages.map((message) => this.redact?.(message) ?? message);
      logger.emit({ ...severity, ...logRecord(shown, stack) });
    } catch (fault) {
      diag.error('annotel: exporting a log record failed; the console has it', fault);
    }
  }
}

function activeSpan(): SpanContext | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? span : undefined;
}

/** A message may be a function that makes it, called once for both outputs. Classes are printed by name. */
function evaluated(message: unknown): unknown {
  if (typeof message !== 'function') return message;
  if (Function.prototype.toString.call(message).startsWith('class ')) return message.name;
  try {
    return evaluated(message());
  } catch {
    return '[Unreadable]';
  }
}

/**
 * One call of the logger as one log record. Texts and numbers make up the body; objects become attributes, or the body
 * where there is nothing else; an error, or the stack that stands for one, becomes `exception.*`, but for one that a span tells of,
 * of which `error.type` is left. Never throws.
 */
export function logRecord(messages: readonly unknown[], stack?: unknown): Pick<LogRecord, 'body' | 'attributes'> {
  const error = messages.find((message) => types.isNativeError(message));
  const exception = error ? ofError(error) : ofStack(stack);
  const told = error ? (ofErrorOnSpan(error) ?? exception) : exception;
  const texts: unknown[] = [];
  const fields: Attributes = {};
  for (const message of messages) {
    const value = error && message === error ? messageOf(exception) : logValue(message);
    if (isRecord(value)) Object.assign(fields, value);
    else texts.push(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  if (texts.length > 0) return { body: texts.join(' '), attributes: { ...fields, ...told } };
  if (typeof fields.message !== 'string') return { body: fields, attributes: told };
  const { message, ...rest } = fields;
  return { body: message, attributes: { ...rest, ...told } };
}

function messageOf(exception: Attributes): unknown {
  return exception['exception.message'] ?? exception['exception.type'] ?? '[Unreadable]';
}

function isRecord(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
