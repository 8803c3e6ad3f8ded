import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * What takes the telemetry of one app: OTLP as JSON, what Azure Monitor's exporters send (they send by TLS only), and Sentry's.
 *
 * @typedef {object} Heard
 * @property {{ name: string, traceId: string, id: string, parent: string, seconds: number, attributes: object }[]} spans
 * @property {string[]} metrics
 * @property {{ body: string, event?: string, traceId: string, attributes: object }[]} logs
 */
export async function startReceiver({ tls = false } = {}) {
  const requests = [];
  const server = tls ? createSecureServer(certificate()) : createServer();
  server.on('request', async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    requests.push({ path: new URL(request.url ?? '', 'http://localhost').pathname, body: body.toString() });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`,
    requests,
    /** @returns {Heard} */
    heard: () => merged(requests.map(({ path, body }) => READERS[path]?.(body)).filter((heard) => heard !== undefined)),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const READERS = {
  '/v1/traces': otlpSpans,
  '/api/public/otel/v1/traces': otlpSpans,
  '/v1/metrics': (body) => ({
    metrics: records(body, 'resourceMetrics', 'scopeMetrics', 'metrics').map(({ name }) => name),
  }),
  '/v1/logs': (body) => ({ logs: records(body, 'resourceLogs', 'scopeLogs', 'logRecords').map(otlpRecord) }),
  '/v2.1/track': (body) => azure(body),
  '/api/1/envelope/': (body) => sentry(body),
};

function otlpSpans(body) {
  return { spans: records(body, 'resourceSpans', 'scopeSpans', 'spans').map(otlpSpan) };
}

function merged(parts) {
  const all = (signal) => parts.flatMap((part) => part[signal] ?? []);
  return { spans: all('spans'), metrics: all('metrics'), logs: all('logs') };
}

function records(body, ofResource, ofScope, name) {
  return (JSON.parse(body)[ofResource] ?? []).flatMap((one) => one[ofScope] ?? []).flatMap((one) => one[name] ?? []);
}

const otlpSpan = (span) => ({
  name: span.name,
  traceId: span.traceId,
  id: span.spanId,
  parent: span.parentSpanId ?? '',
  seconds: (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e9,
  attributes: otlpAttributes(span),
});

const otlpRecord = (record) => ({
  body: record.body?.stringValue,
  event: record.eventName || undefined,
  traceId: record.traceId?.data ? Buffer.from(record.traceId.data).toString('hex') : record.traceId,
  attributes: otlpAttributes(record),
});

function otlpAttributes({ attributes = [] }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function azure(body) {
  // One JSON document a line, or an array of them.
  const envelopes = body.startsWith('[')
    ? JSON.parse(body)
    : body
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
  const heard = { spans: [], metrics: [], logs: [] };
  for (const { tags, data } of envelopes) {
    const { baseType, baseData } = data;
    if (baseType === 'MetricData') heard.metrics.push(...baseData.metrics.map(({ name }) => name));
    else if (baseType === 'MessageData') {
      heard.logs.push({ body: baseData.message, traceId: tags['ai.operation.id'], attributes: baseData.properties });
    } else if (baseType === 'RemoteDependencyData' || baseType === 'RequestData') {
      const [, minutes, seconds] = baseData.duration.split(':').map(Number);
      heard.spans.push({
        name: baseData.name,
        traceId: tags['ai.operation.id'],
        id: baseData.id,
        parent: tags['ai.operation.parentId'] ?? '',
        seconds: minutes * 60 + seconds,
        attributes: { ...baseData.properties, ...baseData.measurements },
      });
    }
  }
  return heard;
}

/** Version 10 sends a transaction, which has the spans below it; version 11 sends spans. */
function sentry(body) {
  const items = body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const spans = items.flatMap(({ type, contexts, transaction, spans = [], items: streamed = [], ...times }) => [
    ...(type === 'transaction' && contexts ? [{ ...times, ...contexts.trace, name: transaction }, ...spans] : []),
    ...streamed,
  ]);
  return {
    spans: spans.map((span) => ({
      name: span.name ?? span.description,
      traceId: span.trace_id,
      id: span.span_id,
      parent: span.parent_span_id ?? '',
      seconds: (span.end_timestamp ?? span.timestamp) - span.start_timestamp,
      attributes:
        span.data ?? Object.fromEntries(Object.entries(span.attributes).map(([key, { value }]) => [key, value])),
    })),
  };
}

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'annotel-certificate-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, '-subj', '/CN=localhost'], {
      stdio: 'pipe',
    });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
