import { withoutCredentials } from '../../../privacy/cleaning/web-address.js';
import { ingestionEndpoint } from '../../../sdk/azure/connection-string.js';
import { exportersOf, SIGNALS } from '../../../sdk/configuration/exporting.js';
import type { AttemptResult } from '../../../sdk/export/attempt-result.js';
import { grpcSender, useExporterEnvironment } from '../../../sdk/export/grpc-sender.js';
import { httpSender } from '../../../sdk/export/http-sender.js';
import { contentTypeOf, type OtlpTarget } from '../../../sdk/export/otlp.js';
import type { Signal } from '../../../sdk/export/signal.js';
import { type Check, type CheckContext, type Finding, ok, problem, warning } from '../finding.js';

// Back ends drop what lies too far in the future or the past, and traces of two services no longer fit together.
const MOST_SKEW = 30_000;

/** What to do about an answer, by what is found in it. */
const MENDS: readonly (readonly [sign: RegExp, mend: string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: start the collector, or mend host and port of OTEL_EXPORTER_OTLP_ENDPOINT'],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host: mend the name in OTEL_EXPORTER_OTLP_ENDPOINT, or the DNS of this machine'],
  [
    /CERT|SSL|TLS|self[- ]signed|issuer/i,
    'its certificate is not trusted: OTEL_EXPORTER_OTLP_CERTIFICATE names a PEM file of the authority',
  ],
  [
    /HTTP 401|HTTP 403|gRPC 16|gRPC 7\b/,
    'it refuses the credentials: OTEL_EXPORTER_OTLP_HEADERS takes name=value, such as api-key=…',
  ],
  [/HTTP 30\d/, 'it redirects elsewhere, to a page or a login: that is no endpoint of OTLP'],
  [/web page/, 'it answers with a web page: is this the port of a user interface?'],
  [
    /HTTP 404|HTTP 405|gRPC 12/,
    'there is no OTLP at this path: the endpoint is a base URL, to which /v1/traces and the like are added',
  ],
  [
    /HTTP 415|HTTP 400/,
    'it does not understand this protocol: try OTEL_EXPORTER_OTLP_PROTOCOL=http/json, http/protobuf or grpc',
  ],
  [
    /no answer within|ETIMEDOUT|timed out/,
    'a firewall may swallow the connection, or the port speaks another protocol (4318 HTTP, 4317 gRPC)',
  ],
  [
    /ECONNRESET|ERR_HTTP2|Parse Error|Protocol error|HPE_/,
    'the port speaks another protocol: 4318 is HTTP, 4317 gRPC; see OTEL_EXPORTER_OTLP_PROTOCOL',
  ],
];

/** Whether each place that telemetry is sent to answers, takes it, and has the same time. */
export const endpoints: Check = async (context) => {
  const { options } = context;
  const findings: Finding[] = [];
  const sent = SIGNALS.filter((signal) => exportersOf(options, signal).includes('otlp'));
  for (const signal of sent) findings.push(await otlp(signal, options.otlp[signal], context));
  if (options.traceExporters.includes('zipkin')) findings.push(await answering('Zipkin', options.zipkinUrl, context));
  if (options.azureConnectionString !== undefined) {
    findings.push(await answering('Azure Monitor', ingestionEndpoint(options.azureConnectionString), context));
  }
  if (options.metricExporters.includes('prometheus')) findings.push(await scraped(context));
  const origins = new Set(sent.map((signal) => originOf(options.otlp[signal].url)));
  for (const origin of origins) findings.push(...(await clock(origin, context)));
  return findings.length > 0 ? findings : [ok('none is configured')];
};

async function otlp(signal: Signal, target: OtlpTarget, { options, timeout }: CheckContext): Promise<Finding> {
  useExporterEnvironment(options.exporterEnvironment);
  const answer = await nothingSent(signal, target, timeout);
  if (answer.status === 'accepted')
    return ok(`${signal}: ${target.protocol} ${withoutCredentials(target.url)} takes them`);
  const said = [(answer.error as NodeJS.ErrnoException).code, answer.error.message].filter(Boolean).join(': ');
  const mend = MENDS.find(([sign]) => sign.test(said))?.[1] ?? 'see what the receiver logs';
  const text = `${signal}: ${target.protocol} ${withoutCredentials(target.url)} does not take them (${said.slice(0, 200)})`;
  return answer.status === 'retryable' && /HTTP (429|50\d)|gRPC (8|14)\b(?! No connection)/.test(said)
    ? warning(text, 'it answers, but is overloaded or not ready: try again')
    : problem(text, mend);
}

/**
 * Asks a destination to take nothing: an export without a single span, log record or metric, which is what an empty message
 * of OTLP is. Shows whether it answers, and takes the credentials.
 */
async function nothingSent(signal: Signal, target: OtlpTarget, timeoutMillis: number): Promise<AttemptResult> {
  const contentType = contentTypeOf(target);
  const sender = target.protocol === 'grpc' ? grpcSender(signal, target) : httpSender(signal, target, contentType);
  const body = new TextEncoder().encode(contentType === 'application/json' ? '{}' : '');
  const late: AttemptResult = { status: 'retryable', error: new Error(`no answer within ${timeoutMillis} ms`) };
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<AttemptResult>((resolve) => {
    timer = setTimeout(resolve, timeoutMillis, late);
  });
  const answer = await Promise.race([sender.send({ body, contentType }), timeout]);
  clearTimeout(timer);
  sender.abandon();
  sender.shutdown();
  return answer;
}

/** Any answer will do: there is no way to ask these without sending something. */
async function answering(name: string, url: string, { timeout }: CheckContext): Promise<Finding> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(timeout) });
    return ok(`${name}: ${withoutCredentials(url)} answers`);
  } catch (error) {
    return problem(
      `${name}: ${withoutCredentials(url)} does not answer (${reason(error)})`,
      'see that this machine can reach it',
    );
  }
}

/** A running app serves its metrics on the port; where none runs, it has to be free. */
async function scraped({ options, timeout }: CheckContext): Promise<Finding> {
  const { host, port } = options.prometheus;
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/metrics`;
  const reachable = host === 'localhost' || host === '127.0.0.1' ? ', for scrapers on this machine only' : '';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
    const isOurs = (await response.text()).includes('target_info');
    if (isOurs) return ok(`Prometheus: the app serves ${url}${reachable}`);
    return problem(`Prometheus: something else serves ${url}`, 'choose another OTEL_EXPORTER_PROMETHEUS_PORT');
  } catch {
    if (reachable === '') return ok(`Prometheus: ${host}:${port} is free for the app`);
    return warning(
      `Prometheus: ${host}:${port} is free for the app${reachable}`,
      'in a container set OTEL_EXPORTER_PROMETHEUS_HOST=0.0.0.0',
    );
  }
}

/** By the `Date` that HTTP servers send, to the second. */
async function clock(origin: string | undefined, { timeout }: CheckContext): Promise<Finding[]> {
  if (origin === undefined) return [];
  try {
    const before = Date.now();
    const response = await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(timeout) });
    const skew = Date.parse(response.headers.get('date') ?? '') - (before + Date.now()) / 2;
    if (Number.isNaN(skew)) return [];
    const seconds = Math.abs(skew / 1000).toFixed(0);
    if (Math.abs(skew) < MOST_SKEW) return [ok(`the clock agrees with that of ${origin}`)];
    const where = skew > 0 ? 'behind' : 'ahead of';
    return [problem(`the clock of this machine is ${seconds} s ${where} that of ${origin}`, 'synchronise it (NTP)')];
  } catch {
    // Whether it answers at all has been told.
    return [];
  }
}

function originOf(url: string): string | undefined {
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}

function reason(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
}
