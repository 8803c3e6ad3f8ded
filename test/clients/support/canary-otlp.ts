import type { OtlpSpan } from '../../support/sdk-collector.js';

/* What is said, as it arrives by OTLP in JSON. */

interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | string;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: { key: string; value: AnyValue }[] };
}
type Attributes = { key: string; value: AnyValue }[];
type Record_ = { eventName?: string; attributes: Attributes };

/** The attributes of the first span whose name begins so, as plain values. */
export function spanAttributes(traces: Buffer, name: string): Record<string, unknown> {
  const spans = bodies<{ resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }>(traces).flatMap(
    ({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
  return plain(spans.find((span) => span.name.startsWith(name))?.attributes as Attributes | undefined);
}

/** The attributes of the first log record of that event, as plain values. */
export function logAttributes(logs: Buffer, eventName: string): Record<string, unknown> {
  const records = bodies<{ resourceLogs: { scopeLogs: { logRecords: Record_[] }[] }[] }>(logs).flatMap(
    ({ resourceLogs }) => resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
  return plain(records.find((record) => record.eventName === eventName)?.attributes);
}

/** The requests of one signal stand one behind the other. */
function bodies<T>(requests: Buffer): T[] {
  return requests
    .toString()
    .split(/(?<=\})(?=\{"resource(?:Spans|Logs)":)/)
    .filter((body) => body !== '')
    .map((body) => JSON.parse(body));
}

function plain(attributes: Attributes = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: AnyValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue) return plain(value.kvlistValue.values);
  return (
    value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.intValue && Number(value.intValue)) ?? null
  );
}
