import type { ReceivedSpan } from './span-receiver.js';

/** Each trace as a tree: the spans of all services, and on whose behalf each was made. */
export function printTraces(spans: readonly ReceivedSpan[]): void {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  for (const root of spans.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId))) {
    console.log(`\ntrace ${root.traceId}\n${[line(root), ...below(root, spans)].join('\n')}`);
  }
}

function below(parent: ReceivedSpan, spans: readonly ReceivedSpan[]): string[] {
  const children = spans
    .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .sort((one, other) => (one.start < other.start ? -1 : 1));
  return children.flatMap((child, at) => {
    const isLast = at === children.length - 1;
    const further = below(child, spans).map((text) => `${isLast ? '   ' : '│  '}${text}`);
    return [`${isLast ? '└─ ' : '├─ '}${line(child)}`, ...further];
  });
}

function line({ name, service, millis, attributes }: ReceivedSpan): string {
  const tenant = attributes['annotel.tenant.id'] ?? 'nobody yet';
  return `${name}  [${service}, for ${tenant}]  ${millis} ms`;
}
