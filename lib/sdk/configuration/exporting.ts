import { accessSync, constants } from 'node:fs';
import { withoutCredentials } from '../../privacy/cleaning/web-address.js';
import type { OtlpTarget } from '../export/otlp.js';
import type { PrometheusAddress } from '../export/prometheus-server.js';
import type { Signal } from '../export/signal.js';
import { warn, warnOfValue } from '../warnings.js';
import type { Environment } from './environment.js';
import { headerSentence, readHeaderEntries } from './header-entries.js';

/** What the three lists of exporters take, but `none`. */
export type TraceExporterName = 'otlp' | 'console' | 'zipkin';
export type MetricExporterName = 'otlp' | 'console' | 'prometheus';
export type LogExporterName = 'otlp' | 'console';

/** Numbers of a batch processor; what is `undefined` is left to the default. */
export interface BatchNumbers {
  /** `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_QUEUE_SIZE`. Items; what comes on top is dropped. Default 2048. */
  readonly maxQueueSize: number;
  /** `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`. Milliseconds between two exports. */
  readonly scheduledDelayMillis: number | undefined;
  /** `OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT`. Milliseconds. Default 30 000. */
  readonly exportTimeoutMillis: number;
  /** `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`. Items in one export. */
  readonly maxExportBatchSize: number | undefined;
}

/** Which exporters there are, where they send, and when. */
export interface ExportOptions {
  /** `OTEL_TRACES_EXPORTER`. Default `otlp` once anything is configured to export, else nothing. */
  readonly traceExporters: readonly TraceExporterName[];
  /** `OTEL_METRICS_EXPORTER`. Default as for traces. */
  readonly metricExporters: readonly MetricExporterName[];
  /** `OTEL_LOGS_EXPORTER`. Default as for traces. */
  readonly logExporters: readonly LogExporterName[];
  /**
   * `OTEL_EXPORTER_OTLP_[SIGNAL_]PROTOCOL`, default `http/protobuf`; `OTEL_EXPORTER_OTLP_[SIGNAL_]ENDPOINT`, default
   * `http://localhost:4318`, or port 4317 for gRPC; `OTEL_EXPORTER_OTLP_[SIGNAL_]HEADERS`, the signal's own beside the others.
   */
  readonly otlp: Readonly<Record<Signal, OtlpTarget>>;
  /** `OTEL_EXPORTER_ZIPKIN_ENDPOINT`. Default `http://localhost:9411/api/v2/spans`. */
  readonly zipkinUrl: string;
  /** `OTEL_EXPORTER_ZIPKIN_TIMEOUT`. Milliseconds. Default 10 000. */
  readonly zipkinTimeout: number;
  /** `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`. Default `explicit_bucket_histogram`. */
  readonly histograms: (typeof HISTOGRAMS)[number];
  readonly spanBatch: BatchNumbers;
  readonly logBatch: BatchNumbers;
  /** `OTEL_METRIC_EXPORT_INTERVAL`. Milliseconds. Default 60 000. */
  readonly metricInterval: number;
  /** `OTEL_METRIC_EXPORT_TIMEOUT`. Milliseconds, at most the interval. Default 30 000. */
  readonly metricTimeout: number;
  /** `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT`, default `localhost`, 9464; `NODE_APP_INSTANCE` of pm2. */
  readonly prometheus: PrometheusAddress;
}

const TIMER_MAX = 2 ** 31 - 1;
const COUNT = { least: 1, most: TIMER_MAX, whole: true };
const MILLIS = { least: 1, most: TIMER_MAX, whole: false };
const PORT = { least: 1, most: 65_535, whole: true };
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
const HISTOGRAMS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;
/** In the order in which they are listed. */
export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/**
 * @param endpoint the app's own base URL, over the environment's
 * @param elsewhere whether telemetry has another place to go, so that OTLP is not what an unset list of exporters means
 */
export function exportOptions(env: Environment, endpoint: string | undefined, elsewhere: boolean): ExportOptions {
  const sends = sendsByOtlp(env, endpoint);
  const listed = ['TRACES', 'METRICS', 'LOGS'].some(
    (signal) => (env.text(`OTEL_${signal}_EXPORTER`) ?? 'none') !== 'none',
  );
  const byDefault = sends || (listed && !elsewhere);
  const chosen: ExportOptions = {
    traceExporters: exporters(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'console', 'zipkin'], byDefault),
    metricExporters: exporters(env, 'OTEL_METRICS_EXPORTER', ['otlp', 'console', 'prometheus'], byDefault),
    logExporters: exporters(env, 'OTEL_LOGS_EXPORTER', ['otlp', 'console'], byDefault),
    otlp: otlpTargets(env, endpoint),
    zipkinUrl: env.url('OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'the default') ?? 'http://localhost:9411/api/v2/spans',
    zipkinTimeout: env.number('OTEL_EXPORTER_ZIPKIN_TIMEOUT', MILLIS, '10000') ?? 10_000,
    histograms:
      env.oneOf('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', HISTOGRAMS, HISTOGRAMS[0]) ?? HISTOGRAMS[0],
    spanBatch: batchNumbers(env, 'OTEL_BSP'),
    logBatch: batchNumbers(env, 'OTEL_BLRP'),
    ...metricTimes(env),
    prometheus: {
      host: env.text('OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost',
      port: env.number('OTEL_EXPORTER_PROMETHEUS_PORT', PORT, '9464') ?? 9464,
      instance: instanceOfPm2(env),
    },
  };
  warnOfPorts(chosen);
  checkOtlp(env);
  return chosen;
}

/** Names of the exporters of a signal; Azure Monitor, which takes all three, is not among them. */
export function exportersOf(options: ExportOptions, signal: Signal): readonly string[] {
  return { traces: options.traceExporters, metrics: options.metricExporters, logs: options.logExporters }[signal];
}

function sendsByOtlp(env: Environment, endpoint: string | undefined): boolean {
  if (endpoint !== undefined || env.text('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined) return true;
  return SIGNALS.some((signal) => env.text(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`) !== undefined);
}

function exporters<const Name extends string>(
  env: Environment,
  variable: string,
  names: readonly Name[],
  otlpByDefault: boolean,
) {
  const listed = env.listOf(variable, [...names, 'none'], 'otlp');
  if (listed === undefined) return otlpByDefault ? (['otlp'] as Name[]) : [];
  if (!listed.includes('none')) return listed as Name[];
  if (listed.length > 1) warnOfValue(variable, listed.join(','), 'a list of exporters, or none alone', 'none');
  return [];
}

/** The same variables with what can be sent, for OpenTelemetry's exporters, which read them themselves. */
export function headerVariables({ otlp }: Pick<ExportOptions, 'otlp'>): Record<string, string> {
  const ofSignals = SIGNALS.map((signal) => {
    const headers = Object.entries(otlp[signal].headers ?? {});
    const text = headers.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join(',');
    return [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS`, text];
  });
  return { ...Object.fromEntries(ofSignals), OTEL_EXPORTER_OTLP_HEADERS: '' };
}

function otlpTargets(env: Environment, endpoint: string | undefined): ExportOptions['otlp'] {
  const problems = new Map<string, Set<string>>();
  const headers = (variable: string, { protocol }: OtlpTarget) => {
    const read = readHeaderEntries(env.text(variable) ?? '', protocol === 'grpc' ? 'grpc' : 'http');
    problems.set(variable, new Set([...(problems.get(variable) ?? []), ...read.problems]));
    return read.headers;
  };
  const targets = SIGNALS.map((signal) => {
    const target = otlpTarget(env, endpoint, signal);
    const general = headers('OTEL_EXPORTER_OTLP_HEADERS', target);
    const own = headers(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS`, target);
    return [signal, { ...target, headers: { ...general, ...own } }];
  });
  for (const [variable, found] of problems) {
    const sentence = headerSentence(variable, [...found]);
    if (sentence !== undefined) warn(sentence);
  }
  return Object.freeze(Object.fromEntries(targets));
}

function otlpTarget(env: Environment, endpoint: string | undefined, signal: Signal): OtlpTarget {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  const protocol =
    env.oneOf(`${own}_PROTOCOL`, PROTOCOLS, 'http/protobuf') ??
    env.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', PROTOCOLS, 'http/protobuf') ??
    'http/protobuf';
  const isInsecure = [env.flag(`${own}_INSECURE`), env.flag('OTEL_EXPORTER_OTLP_INSECURE')].find(
    (flag) => flag !== undefined,
  );
  if (protocol === 'grpc') {
    const variable = env.text(`${own}_ENDPOINT`) === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `${own}_ENDPOINT`;
    const text = endpoint ?? env.text(variable) ?? 'http://localhost:4317';
    return { protocol, url: grpcTarget(hostOf(text, endpoint ? 'endpoint' : variable), isInsecure ?? false) };
  }
  const ofSignal = endpoint ? undefined : env.url(`${own}_ENDPOINT`, 'the general endpoint');
  const base = endpoint ?? withoutSignal(env.url('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318'));
  return { protocol, url: ofSignal ?? withPath(base ?? 'http://localhost:4318', `/v1/${signal}`) };
}

/** A query, in which some back ends take a key, stays behind the path. */
function withPath(base: string, path: string): string {
  const [, address = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(base) ?? [];
  return `${address.replace(/\/+$/, '')}${path}${query}`;
}

/** A target of gRPC has neither path nor query, but one of another scheme than that of the web may hold anything. */
function hostOf(text: string, variable: string): string {
  const [, host, rest = ''] = /^((?:https?:\/\/)?(?![a-z-]+:\/|unix:)[^/?#]+)(.*)$/is.exec(text) ?? [];
  if (host === undefined) return text;
  if (rest.includes('?')) {
    warnOfValue(variable, text, 'host and port, as gRPC has no query', withoutCredentials(host));
  }
  return host;
}

/** What has no scheme is reached by TLS, unless `OTEL_EXPORTER_OTLP_INSECURE` says otherwise. A name is looked up in any case. */
function grpcTarget(text: string, isInsecure: boolean): string {
  const target = text.replace(/^dns:(\/\/[^/]*\/)?/, '');
  return isInsecure && !/^(https?:\/\/|unix:)/.test(target) ? `http://${target}` : target;
}

/** The path of a signal is added to the general endpoint; many give it one that has it already. */
function withoutSignal(url: string | undefined): string | undefined {
  const [, base = '', path, , query = ''] = /^([^?#]*?)(\/v1\/(traces|metrics|logs)\/?)(\?.*)?$/s.exec(url ?? '') ?? [];
  if (url === undefined || path === undefined) return url;
  warnOfValue('OTEL_EXPORTER_OTLP_ENDPOINT', url, `a base URL, to which ${path} is added`, withoutCredentials(base));
  return base + query;
}

/** Others set `NODE_APP_INSTANCE` to whatever they like. */
function instanceOfPm2(env: Environment): number | undefined {
  const instance = env.text('NODE_APP_INSTANCE') ?? '';
  return env.text('pm_id') !== undefined && /^\d{1,4}$/.test(instance) ? Number(instance) : undefined;
}

/** The two ports of OTLP, 4317 for gRPC and 4318 for HTTP, are often confused, and no server reports it. */
function warnOfPorts(options: ExportOptions): void {
  const swapped = new Set<string>();
  for (const signal of SIGNALS) {
    if (!exportersOf(options, signal).includes('otlp')) continue;
    const { protocol, url } = options.otlp[signal];
    const { port = '', origin = '' } = URL.canParse(url) ? new URL(url) : {};
    if (protocol !== 'grpc' && port === '4317') {
      swapped.add(
        `${origin} is asked for ${protocol}, but 4317 is the port of gRPC: OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or port 4318`,
      );
    }
    if (protocol === 'grpc' && port === '4318') {
      swapped.add(
        `${origin} is asked for gRPC, but 4318 is the port of HTTP: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or port 4317`,
      );
    }
  }
  for (const sentence of swapped) warn(sentence);
}

function batchNumbers(env: Environment, prefix: string): BatchNumbers {
  return {
    maxQueueSize: env.number(`${prefix}_MAX_QUEUE_SIZE`, COUNT, '2048') ?? 2048,
    scheduledDelayMillis: env.number(`${prefix}_SCHEDULE_DELAY`, MILLIS, 'the default'),
    exportTimeoutMillis: env.number(`${prefix}_EXPORT_TIMEOUT`, MILLIS, '30000') ?? 30_000,
    maxExportBatchSize: env.number(`${prefix}_MAX_EXPORT_BATCH_SIZE`, COUNT, '512'),
  };
}

function metricTimes(env: Environment): Pick<ExportOptions, 'metricInterval' | 'metricTimeout'> {
  const metricInterval = env.number('OTEL_METRIC_EXPORT_INTERVAL', MILLIS, '60000') ?? 60_000;
  const most = { ...MILLIS, most: metricInterval };
  const timeout = env.number('OTEL_METRIC_EXPORT_TIMEOUT', most, `${Math.min(30_000, metricInterval)}`) ?? 30_000;
  return { metricInterval, metricTimeout: Math.min(timeout, metricInterval) };
}

const PARTS = ['', 'TRACES_', 'METRICS_', 'LOGS_'] as const;
const FILES = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const;

/**
 * Warns of values that OpenTelemetry's own readers of `OTEL_EXPORTER_OTLP_*` will not understand: they report it only to `diag`,
 * or not at all.
 */
function checkOtlp(env: Environment): void {
  for (const part of PARTS) {
    const prefix = `OTEL_EXPORTER_OTLP_${part}`;
    env.number(`${prefix}TIMEOUT`, MILLIS, '10000');
    env.check(`${prefix}COMPRESSION`, ['gzip', 'none'], 'none');
    for (const file of FILES) checkFile(env, `${prefix}${file}`);
  }
  env.oneOf('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', ['cumulative', 'delta', 'lowmemory'], 'cumulative');
}

function checkFile(env: Environment, variable: string): void {
  const file = env.text(variable);
  if (file === undefined) return;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    warnOfValue(variable, file, 'a file that can be read', 'none');
  }
}
