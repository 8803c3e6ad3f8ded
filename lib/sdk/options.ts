import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Settings } from '../settings.js';
import { Environment, isHttpUrl } from './environment.js';
import { environmentSettings } from './environment-settings.js';
import { INSTRUMENTATION_NAMES, type InstrumentationName } from './instrumentations.js';
import { DIAG_LEVELS, silence } from './warnings.js';

/** What code may decide about telemetry; each field beats its variable, and what is left out comes from there. */
export interface TelemetryOptions {
  /** `service.name` of everything exported. `OTEL_SERVICE_NAME`. */
  serviceName?: string;
  /** Base URL of an OTLP collector, without `/v1/…`. `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint?: string;
  /** Whether finished traces are printed to stdout. `ANNOTEL_CONSOLE`. */
  console?: 'tree' | 'off';
  /** Decides which traces are recorded. `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`. */
  sampler?: Sampler;
  /**
   * Stand beside whatever the environment configures; so do the next three. Where any of the first three is given, the tree is
   * not printed, unless `console` is `tree`: telemetry has a place to go.
   */
  spanProcessors?: SpanProcessor[];
  metricReaders?: IMetricReader[];
  logRecordProcessors?: LogRecordProcessor[];
  instrumentations?: Instrumentation[];
  /** Views over metrics: rename, drop, other buckets. */
  views?: ViewOptions[];
  /** Milliseconds after which `flush()` gives up waiting. Default 5000. */
  flushTimeout?: number;
  /** Milliseconds after which `shutdown()` gives up waiting and drops what is left. Default 5000. */
  shutdownTimeout?: number;
  /** What is recorded and how: content capture, redaction, prices. What is left out comes from the environment. */
  settings?: Partial<Settings>;
  /** Leaves SIGTERM, SIGINT and the end of the process to the app, which calls `shutdown()` itself. */
  manualShutdown?: boolean;
}

export type Signal = 'traces' | 'metrics' | 'logs';
export type TraceExporterName = 'otlp' | 'console' | 'zipkin';
export type MetricExporterName = 'otlp' | 'console' | 'prometheus';
export type LogExporterName = 'otlp' | 'console';

/** Where and how one signal leaves by OTLP. */
export interface OtlpTarget {
  /** `OTEL_EXPORTER_OTLP_[SIGNAL_]PROTOCOL`. Default `http/protobuf`. */
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** `OTEL_EXPORTER_OTLP_[SIGNAL_]ENDPOINT`, complete with path. Default `http://localhost:4318/v1/{signal}`. */
  readonly url: string;
}

/** Numbers of a batch processor; what is `undefined` is left to the SDK's default. */
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

/** Everything that was decided, by option, variable or default. Read once per start and frozen. */
export interface ResolvedOptions extends Readonly<TelemetryOptions> {
  /** `OTEL_SDK_DISABLED`. Default `false`. */
  readonly disabled: boolean;
  /** `ANNOTEL_CONSOLE`. Default `tree` while nothing is configured to export, else `off`. */
  readonly console: 'tree' | 'off';
  /** Why `console` is what it is: nothing is configured to export, and nobody chose. */
  readonly consoleByDefault: boolean;
  /** `NO_COLOR`, `FORCE_COLOR`. Default: whether stdout is a terminal. */
  readonly color: boolean;
  /** `OTEL_TRACES_EXPORTER`. Default `otlp` once anything is configured to export, else nothing. */
  readonly traceExporters: readonly TraceExporterName[];
  /** `OTEL_METRICS_EXPORTER`. Default as for traces. */
  readonly metricExporters: readonly MetricExporterName[];
  /** `OTEL_LOGS_EXPORTER`. Default as for traces. */
  readonly logExporters: readonly LogExporterName[];
  readonly otlp: Readonly<Record<Signal, OtlpTarget>>;
  /** `OTEL_EXPORTER_ZIPKIN_ENDPOINT`. Default `http://localhost:9411/api/v2/spans`. */
  readonly zipkinUrl: string;
  readonly spanBatch: BatchNumbers;
  readonly logBatch: BatchNumbers;
  /** `OTEL_METRIC_EXPORT_INTERVAL`. Milliseconds. Default 60 000. */
  readonly metricInterval: number;
  /** `OTEL_METRIC_EXPORT_TIMEOUT`. Milliseconds, at most the interval. Default 30 000. */
  readonly metricTimeout: number;
  /** `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT`. Default `localhost`, 9464. */
  readonly prometheus: { readonly host: string; readonly port: number };
  /** `OTEL_NODE_ENABLED_INSTRUMENTATIONS` less `OTEL_NODE_DISABLED_INSTRUMENTATIONS`. Default all. */
  readonly enabledInstrumentations: ReadonlySet<InstrumentationName>;
  /** `OTEL_LOG_LEVEL`. `undefined` where unset: warnings and errors are shown, each once. */
  readonly logLevel: keyof typeof DIAG_LEVELS | undefined;
  readonly flushTimeout: number;
  readonly shutdownTimeout: number;
  /** `OTEL_PROPAGATORS` names nothing that is known, so that the default applies. */
  readonly propagatorsUnknown: boolean;
  /** What options or variables (see `environment-settings.ts`) say; the rest keeps its value. */
  readonly settings: Partial<Settings>;
  /** `APPLICATIONINSIGHTS_CONNECTION_STRING` is set. */
  readonly azureRequested: boolean;
}

const TIMER_MAX = 2 ** 31 - 1;
const COUNT = { least: 1, most: TIMER_MAX, whole: true };
const MILLIS = { least: 1, most: TIMER_MAX, whole: false };
const PORT = { least: 1, most: 65_535, whole: true };

/**
 * Decides everything from the options and the environment. The one place of the project that reads `process.env`.
 *
 * @throws TypeError where an option (not a variable) cannot be used
 */
export function resolveOptions(options: TelemetryOptions = {}): ResolvedOptions {
  if (options.endpoint !== undefined && !isHttpUrl(options.endpoint)) {
    throw new TypeError(
      `startTelemetry: endpoint ${JSON.stringify(options.endpoint)} must be a URL such as http://localhost:4318`,
    );
  }
  const env = new Environment(process.env);
  const logLevel = env.oneOf('OTEL_LOG_LEVEL', Object.keys(DIAG_LEVELS) as (keyof typeof DIAG_LEVELS)[], 'warn');
  // First of all: it decides whether complaints about the others are seen.
  silence(logLevel === 'none');
  const disabled = env.flag('OTEL_SDK_DISABLED') ?? false;
  const exporting = exportsAnything(env, options);
  const providing = [options.spanProcessors, options.metricReaders, options.logRecordProcessors].some(
    (list) => list?.length,
  );
  const chosen = options.console ?? env.oneOf('ANNOTEL_CONSOLE', ['tree', 'off'], 'the default');
  checkSamplers(env);
  env.check('OTEL_NODE_RESOURCE_DETECTORS', ['env', 'host', 'os', 'process', 'serviceinstance', 'all', 'none'], 'none');

  return Object.freeze({
    ...options,
    disabled,
    console: chosen ?? (exporting || providing ? 'off' : 'tree'),
    consoleByDefault: chosen === undefined && !exporting && !providing,
    color: colors(env),
    traceExporters: exporters(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'console', 'zipkin'], exporting),
    metricExporters: exporters(env, 'OTEL_METRICS_EXPORTER', ['otlp', 'console', 'prometheus'], exporting),
    logExporters: exporters(env, 'OTEL_LOGS_EXPORTER', ['otlp', 'console'], exporting),
    otlp: Object.freeze({
      traces: otlpTarget(env, options, 'traces'),
      metrics: otlpTarget(env, options, 'metrics'),
      logs: otlpTarget(env, options, 'logs'),
    }),
    zipkinUrl: env.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT') ?? 'http://localhost:9411/api/v2/spans',
    spanBatch: batchNumbers(env, 'OTEL_BSP'),
    logBatch: batchNumbers(env, 'OTEL_BLRP'),
    ...metricTimes(env),
    prometheus: {
      host: env.text('OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost',
      port: env.number('OTEL_EXPORTER_PROMETHEUS_PORT', PORT, '9464') ?? 9464,
    },
    enabledInstrumentations: enabledInstrumentations(env),
    logLevel,
    flushTimeout: options.flushTimeout ?? 5000,
    shutdownTimeout: options.shutdownTimeout ?? 5000,
    propagatorsUnknown: !env.check(
      'OTEL_PROPAGATORS',
      ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'],
      'tracecontext, baggage',
    ),
    settings: Object.freeze({ ...environmentSettings(env), ...given(options.settings) }),
    azureRequested: env.text('APPLICATIONINSIGHTS_CONNECTION_STRING') !== undefined,
  });
}

function exportsAnything(env: Environment, options: TelemetryOptions): boolean {
  if (options.endpoint !== undefined || env.text('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined) return true;
  return ['TRACES', 'METRICS', 'LOGS'].some(
    (signal) =>
      (env.text(`OTEL_${signal}_EXPORTER`) ?? 'none') !== 'none' ||
      env.text(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) !== undefined,
  );
}

function exporters<const Name extends string>(
  env: Environment,
  variable: string,
  names: readonly Name[],
  exporting: boolean,
) {
  const listed = env.listOf(variable, [...names, 'none'], 'otlp');
  if (listed === undefined) return exporting ? (['otlp'] as Name[]) : [];
  return listed.includes('none') ? [] : (listed as Name[]);
}

function otlpTarget(env: Environment, options: TelemetryOptions, signal: Signal): OtlpTarget {
  const upper = signal.toUpperCase();
  const protocol =
    env.oneOf(`OTEL_EXPORTER_OTLP_${upper}_PROTOCOL`, ['http/protobuf', 'http/json', 'grpc'], 'http/protobuf') ??
    env.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf', 'http/json', 'grpc'], 'http/protobuf') ??
    'http/protobuf';
  if (protocol === 'grpc') {
    const url =
      options.endpoint ?? env.text(`OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`) ?? env.text('OTEL_EXPORTER_OTLP_ENDPOINT');
    return { protocol, url: url ?? 'http://localhost:4317' };
  }
  const own = options.endpoint ? undefined : env.url(`OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`, 'the general endpoint');
  const base =
    options.endpoint ?? env.url('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318') ?? 'http://localhost:4318';
  return { protocol, url: own ?? `${base.replace(/\/$/, '')}/v1/${signal}` };
}

function batchNumbers(env: Environment, prefix: string): BatchNumbers {
  return {
    maxQueueSize: env.number(`${prefix}_MAX_QUEUE_SIZE`, COUNT, '2048') ?? 2048,
    scheduledDelayMillis: env.number(`${prefix}_SCHEDULE_DELAY`, MILLIS, 'the default'),
    exportTimeoutMillis: env.number(`${prefix}_EXPORT_TIMEOUT`, MILLIS, '30000') ?? 30_000,
    maxExportBatchSize: env.number(`${prefix}_MAX_EXPORT_BATCH_SIZE`, COUNT, '512'),
  };
}

function metricTimes(env: Environment): Pick<ResolvedOptions, 'metricInterval' | 'metricTimeout'> {
  const metricInterval = env.number('OTEL_METRIC_EXPORT_INTERVAL', MILLIS, '60000') ?? 60_000;
  const most = { ...MILLIS, most: metricInterval };
  const timeout = env.number('OTEL_METRIC_EXPORT_TIMEOUT', most, `${Math.min(30_000, metricInterval)}`) ?? 30_000;
  return { metricInterval, metricTimeout: Math.min(timeout, metricInterval) };
}

/** The SDK reads the sampler itself, and reports what it cannot use only where nobody looks. */
function checkSamplers(env: Environment): void {
  const plain = ['always_on', 'always_off', 'traceidratio'];
  env.check('OTEL_TRACES_SAMPLER', [...plain, ...plain.map((name) => `parentbased_${name}`)], 'parentbased_always_on');
  if (env.text('OTEL_TRACES_SAMPLER')?.endsWith('traceidratio')) {
    env.number('OTEL_TRACES_SAMPLER_ARG', { least: 0, most: 1, whole: false }, '1');
  }
}

function enabledInstrumentations(env: Environment): ReadonlySet<InstrumentationName> {
  const enabled = env.listOf('OTEL_NODE_ENABLED_INSTRUMENTATIONS', INSTRUMENTATION_NAMES, 'all');
  const disabled = env.listOf('OTEL_NODE_DISABLED_INSTRUMENTATIONS', INSTRUMENTATION_NAMES, 'none');
  return new Set((enabled ?? INSTRUMENTATION_NAMES).filter((name) => !disabled?.includes(name)));
}

/** A field that is there but `undefined` says nothing, as everywhere in the options. */
function given(settings: Partial<Settings> = {}): Partial<Settings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function colors(env: Environment): boolean {
  const forced = env.text('FORCE_COLOR');
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return env.text('NO_COLOR') === undefined && process.stdout.isTTY === true;
}
