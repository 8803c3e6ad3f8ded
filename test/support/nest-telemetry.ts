import http from 'node:http';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { BatchLogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { runningTelemetry, type TelemetryOptions } from '../../lib/sdk/index.js';
import { isIgnoredRequest } from '../../lib/sdk/server-span.js';

/** Keeps what it is given, past its shutdown too. */
class Collector<T> {
  readonly items: T[] = [];
  shutdowns = 0;

  export(items: T[], done: (result: ExportResult) => void): void {
    this.items.push(...items);
    done({ code: ExportResultCode.SUCCESS });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.shutdowns += 1;
  }
}

/** Jest loads modules past the hooks by which instrumentations find them; this one is handed Node's HTTP. */
class HandedHttpInstrumentation extends HttpInstrumentation {
  constructor() {
    super({
      enabled: false,
      disableOutgoingRequestInstrumentation: true,
      ignoreIncomingRequestHook: isIgnoredRequest,
    });
  }

  override enable(): void {
    for (const definition of this.getModuleDefinitions()) if (definition.name === 'http') definition.patch?.(http);
  }

  override disable(): void {
    for (const definition of this.getModuleDefinitions()) if (definition.name === 'http') definition.unpatch?.(http);
  }
}

/** Telemetry as an operator would see it: what has left the process, and only that. */
export class Exported {
  readonly #spans = new Collector<ReadableSpan>();
  readonly #logs = new Collector<ReadableLogRecord>();

  /** Start telemetry with these, and it exports in batches to here, and nowhere else. */
  readonly options: TelemetryOptions = {
    console: 'off',
    manualShutdown: true,
    spanProcessors: [new BatchSpanProcessor({ exporter: this.#spans })],
    logRecordProcessors: [new BatchLogRecordProcessor({ exporter: this.#logs })],
    instrumentations: [new HandedHttpInstrumentation()],
  };

  get spans(): readonly ReadableSpan[] {
    return this.#spans.items;
  }

  get logs(): readonly ReadableLogRecord[] {
    return this.#logs.items;
  }

  get wasShutDown(): boolean {
    return this.#spans.shutdowns > 0;
  }

  /** The one span of this name. */
  span(name: string): ReadableSpan {
    const [span, ...others] = this.spans.filter((candidate) => candidate.name === name);
    if (!span || others.length > 0)
      throw new Error(`${others.length + (span ? 1 : 0)} spans "${name}" in:\n${this.tree()}`);
    return span;
  }

  /** Lets what was recorded until now out, and shows it by name, children indented below their parent. */
  async flushedTree(): Promise<string[]> {
    await runningTelemetry()?.flush();
    return this.tree();
  }

  /** Every span by name, in order of start, children indented below their parent. */
  tree(): string[] {
    const byStart = [...this.spans].sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
    const known = new Set(byStart.map((span) => span.spanContext().spanId));
    const lines = (parent: string | undefined, indent: string): string[] =>
      byStart
        .filter(({ parentSpanContext: own }) => (own && known.has(own.spanId) ? own.spanId : undefined) === parent)
        .flatMap((span) => [`${indent}${span.name}`, ...lines(span.spanContext().spanId, `${indent}  `)]);
    return lines(undefined, '');
  }

  clear(): void {
    this.#spans.items.length = 0;
    this.#logs.items.length = 0;
  }
}
