import { existsSync } from 'node:fs';
import { withoutCredentials } from '../../../privacy/cleaning/web-address.js';
import { ingestionEndpoint } from '../../../sdk/azure/connection-string.js';
import { exportersOf, SIGNALS } from '../../../sdk/configuration/exporting.js';
import type { Signal } from '../../../sdk/export/signal.js';
import { type Check, type CheckContext, type Finding, type Loss, ok, problem, warning } from '../finding.js';
import { type Answer, exportNothing, reasonOf } from '../otlp-request.js';
import { AZURE } from './packages.js';
import { inContainer } from './variables.js';

// Back ends drop what lies too far in the future or the past, and traces of two services no longer fit together.
const MOST_SKEW = 30_000;

/** What to do about an answer, by what is found in it. */
const MENDS: readonly (readonly [sign: RegExp, mend: string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: start the collector, or mend host and port of OTEL_EXPORTER_OTLP_ENDPOINT'],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host: mend the name in OTEL_EXPORTER_OTLP_ENDPOINT, or the DNS of this machine'],
  [
    /wrong version number|EPROTO|ERR_SSL_PACKET|packet length too long/i,
    'it speaks no TLS: OTEL_EXPORTER_OTLP_ENDPOINT=http://… in place of https://…',
  ],
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
    /HTTP 404|HTTP 405|HTTP 501|gRPC 12/,
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
    /ECONNRESET|socket hang up|ERR_HTTP2|Parse Error|Protocol error|HPE_/,
    'the port speaks another protocol: 4318 is HTTP, 4317 gRPC; see OTEL_EXPORTER_OTLP_PROTOCOL',
  ],
];

/** Whether each place that telemetry is sent to answers, takes it, and has the same time. */
export const endpoints: Check = async (context) => {
  const { options, env } = context;
  if (options.disabled) return [ok('telemetry is disabled')];
  const findings: Finding[] = [];
  const sent = SIGNALS.filter((signal) => exportersOf(options, signal).includes('otlp'));
  const answers = await Promise.all(
    sent.map((signal) => exportNothing(signal, options.otlp[signal], env, context.timeout)),
  );
  const accepted = sent.filter((_, index) => answers[index]?.isAccepted);
  // What is said of several is said once.
  const said = new Map<string, Signal[]>();
  sent.forEach((signal, index) => {
    const { isAccepted, said: text } = answers[index] as Answer;
    const key = isAccepted ? signal : `${text} ${originOf(options.otlp[signal].url)}`;
    said.set(key, [...(said.get(key) ?? []), signal]);
  });
  for (const signals of said.values()) {
    const answer = answers[sent.indexOf(signals[0] as Signal)] as Answer;
    const found =
      accepted.length > 0 && isNotTaken(answer) ? notTaken(signals, answer, context) : otlp(signals, answer, context);
    findings.push({ ...found, ...(found.level === 'problem' && { stops: { signals, by: 'otlp' } }) });
  }
  findings.push(...byDefault(context));
  const isAnswered = answers.some(({ said }) => /^(HTTP|gRPC) \d/.test(said));
  const isContainer = existsSync('/.dockerenv') || env.text('KUBERNETES_SERVICE_HOST') !== undefined;
  // A collector may run beside the app.
  if (isContainer && sent.length > 0 && !isAnswered) findings.push(...inContainer(options));
  if (options.traceExporters.includes('zipkin'))
    findings.push(await answering('Zipkin', options.zipkinUrl, context, { signals: ['traces'], by: 'zipkin' }));
  if (options.azureConnectionString !== undefined) {
    findings.push(await answering('Azure Monitor', ingestionEndpoint(options.azureConnectionString), context, AZURE));
  }
  if (options.metricExporters.includes('prometheus')) findings.push(await scraped(context));
  findings.push(...manyProcesses(context));
  const origins = new Map(sent.map((signal, index) => [originOf(options.otlp[signal].url), answers[index]?.date]));
  for (const [origin, date] of origins) findings.push(...clock(origin, date));
  return findings.length > 0 ? findings : [ok('none is configured')];
};

function otlp(signals: readonly Signal[], answer: Answer, context: CheckContext): Finding {
  const { isAccepted, said } = answer;
  const { protocol, url } = context.options.otlp[signals[0] as Signal];
  const address = withoutCredentials(signals.length > 1 ? url.replace(/\/v1\/\w+(?=\?|$)/, '') : url);
  const place = `${signals.join(', ')}: ${protocol} ${address}`;
  if (isAccepted) return ok(`${place} takes them`);
  const text = `${place} does not take them (${said.slice(0, 200)})`;
  return /HTTP (429|50[023-9])|gRPC (8|14)\b(?! No connection)/.test(said)
    ? warning(text, 'it answers, but is overloaded or not ready: try again')
    : problem(text, (isNotTaken(answer) && withPath(signals, context)) || mendOf(said));
}

/** What to do where a destination says this. */
export function mendOf(said: string): string {
  return MENDS.find(([sign]) => sign.test(said))?.[1] ?? 'see what the receiver logs';
}

/** Some back ends take one signal only. */
function isNotTaken({ said }: Answer): boolean {
  return /HTTP (404|405|501)|gRPC 12/.test(said);
}

/** The endpoint of one signal is used as it is. */
function withPath(signals: readonly Signal[], { env, options }: CheckContext): string | undefined {
  const mends = signals.flatMap((signal) => {
    const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
    const url = originOf(options.otlp[signal].url);
    const isBare = env.text(variable) !== undefined && options.otlp[signal].url.replace(/\/$/, '') === url;
    return isBare ? [`${variable}=${url}/v1/${signal}`] : [];
  });
  return mends.length > 0 ? `set ${mends.join(' and ')}` : undefined;
}

function notTaken(signals: readonly Signal[], { said }: Answer, context: CheckContext): Finding {
  const { options } = context;
  const [first] = signals as [Signal];
  const variables = (name: string) => signals.map((signal) => name.replace('*', signal.toUpperCase())).join(' and ');
  return problem(
    `${signals.join(', ')}: ${originOf(options.otlp[first].url)} takes no ${signals.join(' or ')} (${said}), though it takes others`,
    withPath(signals, context) ??
      `${variables('OTEL_*_EXPORTER=none')}; or ${variables('OTEL_EXPORTER_OTLP_*_ENDPOINT')} for another place`,
  );
}

/** What has no endpoint goes to this machine. */
function byDefault({ options, env }: CheckContext): Finding[] {
  if (env.text('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined) return [];
  const own = (signal: string) => env.text(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
  const given = SIGNALS.find((signal) => own(signal) !== undefined);
  const others = SIGNALS.filter((signal) => exportersOf(options, signal).includes('otlp') && own(signal) === undefined);
  const [first] = others;
  if (first === undefined) return [];
  const reason = given === undefined ? 'no endpoint is given' : `an endpoint is given for ${given} alone`;
  return [
    warning(
      `${others.join(' and ')} go to ${withoutCredentials(options.otlp[first].url.replace(/\/v1\/\w+$/, ''))}, as ${reason}`,
      `set OTEL_EXPORTER_OTLP_ENDPOINT to the base URL, or ${others.map((signal) => `OTEL_${signal.toUpperCase()}_EXPORTER=none`).join(' and ')}`,
    ),
  ];
}

/** Any answer will do: there is no way to ask these without sending something. */
async function answering(name: string, url: string, { timeout }: CheckContext, stops: Loss): Promise<Finding> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(timeout) });
    return ok(`${name}: ${withoutCredentials(url)} answers`);
  } catch (error) {
    return problem(
      `${name}: ${withoutCredentials(url)} does not answer (${reasonOf(error)})`,
      'see that this machine can reach it',
      stops,
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

/** Each process serves its own metrics: decision 0054. */
function manyProcesses({ app, options }: CheckContext): Finding[] {
  const inCode = app.sourceWith(/\bcluster\s*\.\s*fork\s*\(|\bcluster\s*\.\s*isPrimary\b/)?.path;
  const pm2 = app.deployment.find(({ text }) =>
    /exec_mode["']?\s*:\s*["']cluster|\binstances["']?\s*:\s*(["']max|[2-9]|-1|0)/.test(text),
  );
  const isScraped = options.metricExporters.includes('prometheus');
  if (!isScraped && !pm2?.variables['OTEL_METRICS_EXPORTER']?.includes('prometheus')) return [];
  const where =
    (isScraped ? inCode : undefined) ??
    pm2?.name ??
    app.commands.find(({ text }) => /\bpm2\b.*\s-i\s/.test(text))?.where;
  if (where === undefined) return [];
  const port = Number(pm2?.variables['OTEL_EXPORTER_PROMETHEUS_PORT'] ?? options.prometheus.port);
  return [
    warning(
      `${where} starts several processes, and each serves its own metrics to Prometheus, on ports from ${port} on`,
      `let Prometheus scrape each of them (${port}, ${port + 1}, …); or OTEL_METRICS_EXPORTER=otlp, to a collector`,
    ),
  ];
}

/** By the `Date` that HTTP servers send, to the second. */
function clock(origin: string | undefined, date: string | undefined): Finding[] {
  const skew = Date.parse(date ?? '') - Date.now();
  if (origin === undefined || Number.isNaN(skew)) return [];
  if (Math.abs(skew) < MOST_SKEW) return [ok(`the clock agrees with that of ${origin}`)];
  const where = skew > 0 ? 'behind' : 'ahead of';
  const seconds = Math.abs(skew / 1000).toFixed(0);
  return [problem(`the clock of this machine is ${seconds} s ${where} that of ${origin}`, 'synchronise it (NTP)')];
}

function originOf(url: string): string | undefined {
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}
