import { Console } from 'node:console';
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { renderTree } from './render-tree.js';

interface ConsoleTreeOptions {
  /** ANSI colours. */
  readonly color?: boolean;
  /** Where the text goes; default stdout. */
  readonly write?: (text: string) => void;
  /** Traces held at once; the oldest one is printed early to make room. Default 200. */
  readonly maxTraces?: number;
  /** Spans held per trace; what comes on top is counted. Default 500. */
  readonly maxSpans?: number;
  /** Milliseconds after which a trace that does not end is printed as it stands. Default five minutes. */
  readonly maxAge?: number;
  /** Milliseconds, for tests. */
  readonly now?: () => number;
}

interface Trace {
  readonly since: number;
  readonly spans: ReadableSpan[];
  open: number;
  leftOut: number;
}

/**
 * Prints each trace as a tree when the last span that runs in this process has ended. Sampled spans only. Printing waits
 * for the next turn of the event loop, so that no caller waits for it.
 */
export class ConsoleTree implements SpanProcessor {
  // In order of the first span, so that the first entry is the oldest trace.
  readonly #traces = new Map<string, Trace>();
  readonly #options: Required<ConsoleTreeOptions>;

  constructor(options: ConsoleTreeOptions = {}) {
    this.#options = {
      color: false,
      write: toStdout(),
      maxTraces: 200,
      maxSpans: 500,
      maxAge: 300_000,
      now: Date.now,
      ...options,
    };
  }

  onStart(span: ReadableSpan): void {
    const context = span.spanContext();
    if (!isSampled(context)) return;
    if (!this.#traces.has(context.traceId)) this.#makeRoom();
    this.#trace(context.traceId).open += 1;
  }

  onEnd(span: ReadableSpan): void {
    const context = span.spanContext();
    if (!isSampled(context)) return;
    const trace = this.#trace(context.traceId);
    // Already zero if the trace was printed early: the span then stands alone.
    trace.open = Math.max(0, trace.open - 1);
    if (trace.spans.length < this.#options.maxSpans) trace.spans.push(span);
    else trace.leftOut += 1;
    if (trace.open === 0) setImmediate(() => this.#printIfDone(context.traceId));
  }

  async forceFlush(): Promise<void> {
    for (const traceId of [...this.#traces.keys()]) this.#printIfDone(traceId);
  }

  /** Also prints what has ended in traces that have not. */
  async shutdown(): Promise<void> {
    for (const traceId of [...this.#traces.keys()]) this.#print(traceId);
  }

  #trace(traceId: string): Trace {
    const known = this.#traces.get(traceId);
    if (known) return known;
    const trace: Trace = { since: this.#options.now(), spans: [], open: 0, leftOut: 0 };
    this.#traces.set(traceId, trace);
    return trace;
  }

  #makeRoom(): void {
    const { maxTraces, maxAge, now } = this.#options;
    for (const [traceId, { since }] of this.#traces) {
      if (this.#traces.size < maxTraces && now() - since < maxAge) return;
      this.#print(traceId);
    }
  }

  #printIfDone(traceId: string): void {
    if (this.#traces.get(traceId)?.open === 0) this.#print(traceId);
  }

  #print(traceId: string): void {
    const trace = this.#traces.get(traceId);
    this.#traces.delete(traceId);
    if (trace === undefined || trace.spans.length === 0) return;
    const notes = [
      ...(trace.leftOut > 0 ? [`${trace.leftOut} more spans left out`] : []),
      ...(trace.open > 0 ? [`${trace.open} spans have not ended`] : []),
    ];
    this.#options.write(renderTree(trace.spans, this.#options) + notes.map((note) => `(${note})\n`).join(''));
  }
}

function isSampled(context: SpanContext): boolean {
  return (context.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** A Console swallows the errors of its stream: `app | head` must not crash the app. */
function toStdout(): (text: string) => void {
  const terminal = new Console({ stdout: process.stdout, stderr: process.stderr });
  return (text) => terminal.log(text.trimEnd());
}
