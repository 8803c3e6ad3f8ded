import { ConsoleLogger, Injectable, type LogLevel } from '@nestjs/common';
import { diag, isSpanContextValid, logs, SeverityNumber, type SpanContext, trace } from '@opentelemetry/api';
import { logValue } from '../lib/sdk/logs/log-value.js';
import { printing } from '../lib/sdk/logs/own-output.js';
import { logRecord } from './log-record.js';

const SEVERITIES = {
  verbose: { severityNumber: SeverityNumber.TRACE, severityText: 'TRACE' },
  debug: { severityNumber: SeverityNumber.DEBUG, severityText: 'DEBUG' },
  log: { severityNumber: SeverityNumber.INFO, severityText: 'INFO' },
  warn: { severityNumber: SeverityNumber.WARN, severityText: 'WARN' },
  error: { severityNumber: SeverityNumber.ERROR, severityText: 'ERROR' },
  fatal: { severityNumber: SeverityNumber.FATAL, severityText: 'FATAL' },
} satisfies Record<LogLevel, object>;

/**
 * Nest's console logger whose records are exported as well, each with the trace and span that it was written in. The
 * name of the OpenTelemetry logger is Nest's context; a line on the console shows the first digits of its trace.
 *
 * Use it with `bufferLogs: true` and `app.useLogger(app.get(TelemetryLogger))`, or as `logger: new TelemetryLogger()`.
 * Options and levels are those of `ConsoleLogger`. Logging never throws, whatever is logged.
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
    const said = messages.map(evaluated);
    this.emit(params ? [...said, params] : said, context, level, stack);
    this.print(() => {
      try {
        super.printMessages(said, context, level, stream, stack, params);
      } catch {
        super.printMessages(said.map(logValue), context, level, stream, stack);
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
      if (!logger.enabled(severity)) return;
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
