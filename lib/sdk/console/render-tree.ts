import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { duration, facts, failure, folded } from './span-facts.js';

export interface TreeStyle {
  /** ANSI colours. */
  readonly color?: boolean;
  /** Leaves out the line with the trace id above each trace. */
  readonly bare?: boolean;
}

/**
 * Finished spans as text: one tree per trace, one line per span, siblings in order of their start, else as given. A span
 * whose parent is not among them (a remote one, or one that runs on) is a root. The same spans give the same text.
 *
 * @returns lines, each ended by a line feed; empty without spans
 */
export function renderTree(spans: readonly ReadableSpan[], style: TreeStyle = {}): string {
  const paint = style.color ? colored : plain;
  const ordered = [...spans].sort(byStart);
  let text = '';
  for (const [traceId, trace] of grouped(ordered, (span) => span.spanContext().traceId)) {
    if (!style.bare) text += `${paint.dim(`trace ${traceId}`)}\n`;
    const ids = new Set(trace.map((span) => span.spanContext().spanId));
    const children = grouped(trace, ({ parentSpanContext: parent }) =>
      parent && ids.has(parent.spanId) ? parent.spanId : '',
    );
    const draw = (span: ReadableSpan, lead: string, indent: string): void => {
      const below = children.get(span.spanContext().spanId) ?? [];
      text += `${paint.dim(lead)}${line(span, below, paint)}\n`;
      for (const child of below) {
        const isLast = child === below.at(-1);
        draw(child, indent + (isLast ? '└─ ' : '├─ '), indent + (isLast ? '   ' : '│  '));
      }
    };
    for (const root of children.get('') ?? []) draw(root, '', '');
  }
  return text;
}

function line(span: ReadableSpan, below: readonly ReadableSpan[], paint: Paint): string {
  const wrong = failure(span, below);
  return [
    paint.bold(folded(span.name)),
    paint.dim(duration(span.duration)),
    ...facts(span),
    ...(wrong === undefined ? [] : [paint.red(`✗ ${wrong}`)]),
  ].join('  ');
}

function grouped(spans: readonly ReadableSpan[], key: (span: ReadableSpan) => string): Map<string, ReadableSpan[]> {
  const groups = new Map<string, ReadableSpan[]>();
  for (const span of spans) {
    const group = groups.get(key(span));
    if (group) group.push(span);
    else groups.set(key(span), [span]);
  }
  return groups;
}

/** What starts at the same time stays in the order given: clocks of spans have a resolution of a millisecond. */
function byStart(a: ReadableSpan, b: ReadableSpan): number {
  return a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1];
}

interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
}

const plain: Paint = { bold: (text) => text, dim: (text) => text, red: (text) => text };
const colored: Paint = {
  bold: (text) => `\x1b[1m${text}\x1b[22m`,
  dim: (text) => `\x1b[2m${text}\x1b[22m`,
  red: (text) => `\x1b[31m${text}\x1b[39m`,
};
