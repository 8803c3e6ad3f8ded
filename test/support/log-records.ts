import { attributesOf, type Collector, type OtlpSpan } from './sdk-collector.js';

/** A log record as a collector gets it. */
export interface ReceivedRecord {
  scope: string;
  severity: number;
  level: string | undefined;
  body: unknown;
  /** Trace and span id as `trace/span`, or nothing. */
  ids: string | undefined;
  attributes: Record<string, unknown>;
}

interface Scope {
  scope: { name: string };
  logRecords: {
    severityNumber: number;
    severityText?: string;
    body?: Record<string, unknown>;
    traceId?: string;
    spanId?: string;
    attributes?: OtlpSpan['attributes'];
  }[];
}

/** The log records that came in OTLP JSON, by time of arrival; those of one export by scope. */
export function logRecords({ requests }: Collector): ReceivedRecord[] {
  return requests
    .filter(({ path }) => path === '/v1/logs')
    .flatMap(({ body }) => (JSON.parse(body.toString()) as { resourceLogs: { scopeLogs: Scope[] }[] }).resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => ({
        scope: scope.name,
        severity: record.severityNumber,
        level: record.severityText,
        body: Object.values(record.body ?? {})[0],
        ids: record.traceId ? `${record.traceId}/${record.spanId}` : undefined,
        attributes: attributesOf(record),
      })),
    );
}
