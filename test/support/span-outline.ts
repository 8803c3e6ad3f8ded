import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** The names of finished spans as an indented outline, siblings by name; a span that failed has a `!` behind its name. */
export function outline(spans: readonly ReadableSpan[]): string {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const below = (parent: string | undefined, indent: string): string[] =>
    spans
      .filter(({ parentSpanContext }) => {
        const id = parentSpanContext?.spanId;
        return parent === undefined ? id === undefined || !ids.has(id) : id === parent;
      })
      .map((span) => {
        const failed = span.status.code === SpanStatusCode.ERROR ? '!' : '';
        return [`${indent}${span.name}${failed}`, ...below(span.spanContext().spanId, `${indent}  `)].join('\n');
      })
      .sort();
  return below(undefined, '').join('\n');
}
