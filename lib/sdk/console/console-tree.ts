import { Console } from 'node:console';
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { safely } from '../../safely.js';
import { renderTree } from './render-tree.js';

interface ConsoleTreeOptions {
  /** ANSI colours. */
  readonly color?: boolean;
  /** Prints to stderr in place of stdout, where a program may write what it is there for. */
  readonly toStderr?: boolean;
  /** Where the text goes in place of either. */
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
  /** By their ids, in order of their start, those that still run included. */
  readonly spans: Map<string, ReadableSpan>;
  /** Ids of those that still run. */
  readonly running: Set<string>;
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
      toStderr: false,
      write: toTerminal(options.toStderr),
      maxTraces: 200,
      maxSpans: 500,
      maxAge: 300_000,
      now: Date.now,
      ...options,
    };
  }

  onStart(span: ReadableSpan): void {
    const { traceId, spanId, traceFlags } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (!this.#traces.has(traceId)) this.#makeRoom();
    const trace = this.#trace(traceId);
    trace.running.add(spanId);
    this.#hold(trace, spanId, span);
  }

  /** What ends may be another object than what started: a copy without what must not leave. */
  onEnd(span: ReadableSpan): void {
    const { traceId, spanId, traceFlags } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return;
    // Where its trace had to be printed without it, or its start was not shown, it opens one.
    const trace = this.#trace(traceId);
    const isLeftOut = trace.running.delete(spanId) && !trace.spans.has(spanId);
    if (!isLeftOut) this.#hold(trace, spanId, span);
    if (trace.running.size === 0) setImmediate(() => this.#printIfDone(traceId));
  }

  async forceFlush(): Promise<void> {
    this.printEnded();
  }

  /** Prints the traces that have ended, at once: there is no next turn when the process exits. */
  printEnded(): void {
    for (const traceId of [...this.#traces.keys()]) this.#printIfDone(traceId);
  }

  /** Also prints what has ended in traces that have not. */
  async shutdown(): Promise<void> {
    for (const traceId of [...this.#traces.keys()]) this.#print(traceId);
  }

  #trace(traceId: string): Trace {
    const known = this.#traces.get(traceId);
    if (known) return known;
    const trace: Trace = { since: this.#options.now(), spans: new Map(), running: new Set(), leftOut: 0 };
    this.#traces.set(traceId, trace);
    return trace;
  }

  #hold(trace: Trace, spanId: string, span: ReadableSpan): void {
    if (trace.spans.has(spanId) || trace.spans.size < this.#options.maxSpans) trace.spans.set(spanId, span);
    else trace.leftOut += 1;
  }

  #makeRoom(): void {
    const { maxTraces, maxAge, now } = this.#options;
    for (const [traceId, { since }] of this.#traces) {
      if (this.#traces.size < maxTraces && now() - since < maxAge) return;
      this.#print(traceId);
    }
  }

  #printIfDone(traceId: string): void {
    if (this.#traces.get(traceId)?.running.size === 0) this.#print(traceId);
  }

  #print(traceId: string): void {
    const trace = this.#traces.get(traceId);
    this.#traces.delete(traceId);
    if (trace === undefined) return;
    // What has not come back from where it is cleaned has not ended for this purpose.
    const ended = [...trace.spans].filter(([spanId]) => !trace.running.has(spanId)).map(([, span]) => span);
    if (ended.length === 0) return;
    const notes = [
      ...(trace.leftOut > 0 ? [`${counted(trace.leftOut, 'more span')} left out`] : []),
      ...(trace.running.size > 0 ? [`${counted(trace.running.size, 'span')} still running`] : []),
    ];
    safely('printing a trace', () => {
      this.#options.write(renderTree(ended, this.#options) + notes.map((note) => `(${note})\n`).join(''));
    });
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A Console swallows the errors of its stream: `app | head` must not crash the app. */
function toTerminal(toStderr = false): (text: string) => void {
  const terminal = new Console(toStderr ? process.stderr : process.stdout);
  return (text) => terminal.log(text.trimEnd());
}
