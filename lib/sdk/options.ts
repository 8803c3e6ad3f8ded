import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Sampler, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Settings } from '../settings.js';
import { ingestionEndpoint } from './azure/connection-string.js';
import { loadEnvFiles } from './configuration/env-files.js';
import { Environment, isHttpUrl, withoutUndefined } from './configuration/environment.js';
import { environmentSettings } from './configuration/environment-settings.js';
import { type ExportOptions, exportOptions, headerVariables } from './configuration/exporting.js';
import { type OutgoingOptions, outgoingOptions } from './configuration/outgoing.js';
import { type ResourceOptions, resourceOptions } from './configuration/resource.js';
import { type SamplingOptions, samplingOptions } from './configuration/sampling.js';
import { idleSentence, idleVariables } from './configuration/variables.js';
import { INSTRUMENTATION_NAMES, type InstrumentationName } from './instrumentations.js';
import { DIAG_LEVELS, silence, warn } from './warnings.js';

/** Options of `startTelemetry()`. Each takes precedence over its variable, which counts where the option is left out. */
export interface TelemetryOptions {
  /** `service.name` of everything exported. `OTEL_SERVICE_NAME`. */
  serviceName?: string;
  /** Base URL of an OTLP collector, without `/v1/…`. `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint?: string;
  /**
   * Whether finished traces are printed to stdout. Where nobody chooses and nothing is configured to export, they are printed to
   * stderr. `ANNOTEL_CONSOLE`.
   */
  console?: 'tree' | 'off';
  /** Decides which traces are recorded. `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`. */
  sampler?: Sampler;
  /**
   * Processors of the app, beside those that the environment configures. They get spans with the request context, redacted and
   * without dropped attributes. With any of them, a reader or a log record processor, traces are printed only if `console` is
   * `tree`.
   */
  spanProcessors?: SpanProcessor[];
  /** Metric readers of the app, beside those that the environment configures. */
  metricReaders?: IMetricReader[];
  /** Log record processors of the app, beside those that the environment configures. */
  logRecordProcessors?: LogRecordProcessor[];
  /** Instrumentations of the app, beside `OTEL_NODE_ENABLED_INSTRUMENTATIONS`. */
  instrumentations?: Instrumentation[];
  /** Views over metrics: rename, drop, other buckets. */
  views?: ViewOptions[];
  /** Traces that are exported whatever the sampler says: `errors,slower-than=5s,costlier-than=0.10`. `ANNOTEL_KEEP`. */
  keep?: string;
  /** Adaptive sampling: about so many traces a second. `ANNOTEL_TRACES_PER_SECOND`. */
  tracesPerSecond?: number;
  /** Least severity that is exported, by logger: `RagService=debug,*=warn`. `ANNOTEL_LOG_LEVELS`. */
  logLevels?: string;
  /** Names or globs of attributes that never leave. `ANNOTEL_DROP_ATTRIBUTES`. */
  dropAttributes?: readonly string[];
  /** Hosts that receive the request context as baggage, and whose baggage is believed. `ANNOTEL_PROPAGATE_CONTEXT`. */
  propagateContext?: readonly string[];
  /** Directory that holds what could not be exported, until it can: at most 256 MB of each process, for 48 hours. `ANNOTEL_SPOOL_DIR`. */
  spoolDir?: string;
  /** Milliseconds after which `flush()` gives up waiting. Default 5000. */
  flushTimeout?: number;
  /** Milliseconds after which `shutdown()` gives up waiting and drops what is left. Default 5000. */
  shutdownTimeout?: number;
  /** What is recorded and how: content capture, redaction, prices. Each takes precedence over its variable. */
  settings?: Partial<Settings>;
  /** Leaves SIGTERM, SIGINT and the end of the process to the app, which calls `shutdown()` itself. */
  manualShutdown?: boolean;
}

/** Everything that was decided, by option, variable or default. Read once per start and frozen. */
export interface ResolvedOptions
  extends Readonly<Omit<TelemetryOptions, OptionsAsVariables>>,
    ExportOptions,
    OutgoingOptions {
  /** `OTEL_SDK_DISABLED`. Default `false`. */
  readonly disabled: boolean;
  /** `ANNOTEL_CONSOLE`. Default `tree` while nothing is configured to export, else `off`. */
  readonly console: 'tree' | 'off';
  /** Why `console` is what it is: nothing is configured to export, and nobody chose. */
  readonly consoleByDefault: boolean;
  /** `NO_COLOR`, `FORCE_COLOR`. Default: whether traces are printed to a terminal. */
  readonly color: boolean;
  /** `APPLICATIONINSIGHTS_CONNECTION_STRING`. Default none, and nothing goes to Azure Monitor. */
  readonly azureConnectionString: string | undefined;
  readonly resource: ResourceOptions;
  readonly sampling: SamplingOptions;
  readonly spanLimits: SpanLimits;
  /** `OTEL_NODE_ENABLED_INSTRUMENTATIONS` less `OTEL_NODE_DISABLED_INSTRUMENTATIONS`. Default all. */
  readonly enabledInstrumentations: ReadonlySet<InstrumentationName>;
  /** The variables that OpenTelemetry's exporters read, with the headers that can be sent. */
  readonly exporterEnvironment: Readonly<Record<string, string>>;
  /** `OTEL_LOG_LEVEL`. `undefined` where unset: warnings and errors are shown, each once. */
  readonly logLevel: keyof typeof DIAG_LEVELS | undefined;
  readonly flushTimeout: number;
  readonly shutdownTimeout: number;
  /** What options or variables (see `environment-settings.ts`) say; the rest keeps its value. */
  readonly settings: Partial<Settings>;
}

/** Options that say what a variable says, in the same words. */
type OptionsAsVariables = 'keep' | 'tracesPerSecond' | 'logLevels' | 'dropAttributes' | 'propagateContext' | 'spoolDir';

/**
 * Decides everything from the options and the environment.
 *
 * @param mainScript of the app, whose package names the service
 * @param variables in place of those of this process
 * @throws TypeError where an option (not a variable) cannot be used
 */
export function resolveOptions(
  options: TelemetryOptions = {},
  mainScript: string | undefined = process.argv[1],
  variables?: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  if (options.endpoint !== undefined && !isHttpUrl(options.endpoint)) {
    throw new TypeError(
      `startTelemetry: endpoint ${JSON.stringify(options.endpoint)} must be a URL such as http://localhost:4318`,
    );
  }
  const unloaded = variables ? [] : loadEnvFiles(environment().text('ANNOTEL_ENV_FILE'));
  const env = environment(options, variables);
  const logLevel = env.oneOf('OTEL_LOG_LEVEL', Object.keys(DIAG_LEVELS) as (keyof typeof DIAG_LEVELS)[], 'warn');
  // First of all: it decides whether complaints about the others are seen.
  silence(logLevel === 'none');
  for (const sentence of unloaded) warn(sentence);
  const disabled = env.flag('OTEL_SDK_DISABLED') ?? false;
  const chosen = options.console ?? env.oneOf('ANNOTEL_CONSOLE', ['tree', 'off'], 'the default');
  const azureConnectionString = azure(env);
  const exporting = exportOptions(env, options.endpoint, azureConnectionString !== undefined);
  const goesSomewhere = goesAnywhere(exporting, options) || azureConnectionString !== undefined;

  const resolved: ResolvedOptions = {
    ...options,
    ...exporting,
    disabled,
    console: chosen ?? (goesSomewhere ? 'off' : 'tree'),
    consoleByDefault: chosen === undefined && !goesSomewhere,
    color: colors(env, chosen === undefined ? process.stderr : process.stdout),
    azureConnectionString,
    resource: resourceOptions(env, options.serviceName, mainScript),
    sampling: samplingOptions(env),
    spanLimits: spanLimits(env),
    ...outgoingOptions(env),
    enabledInstrumentations: enabledInstrumentations(env),
    exporterEnvironment: { ...env.matching(/^OTEL_EXPORTER_OTLP_|^GRPC_|proxy$/i), ...headerVariables(exporting) },
    logLevel,
    flushTimeout: options.flushTimeout ?? 5000,
    shutdownTimeout: options.shutdownTimeout ?? 5000,
    settings: Object.freeze({ ...environmentSettings(env), ...withoutUndefined(options.settings ?? {}) }),
  };
  // NodeSDK reads it.
  env.flag('OTEL_NODE_EXPERIMENTAL_SDK_METRICS');
  for (const idle of idleVariables(variables ?? process.env)) warn(idleSentence(idle));
  return Object.freeze(resolved);
}

/** The variables, with what options say in their place. Nothing else of an SDK reads `process.env`. */
export function environment(
  options: TelemetryOptions = {},
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const chosen: Readonly<Record<string, string | undefined>> = {
    ANNOTEL_KEEP: options.keep,
    ANNOTEL_TRACES_PER_SECOND: options.tracesPerSecond?.toString(),
    ANNOTEL_LOG_LEVELS: options.logLevels,
    ANNOTEL_DROP_ATTRIBUTES: options.dropAttributes?.join(','),
    ANNOTEL_PROPAGATE_CONTEXT: options.propagateContext?.join(','),
    ANNOTEL_SPOOL_DIR: options.spoolDir,
  };
  return new Environment({ ...variables, ...withoutUndefined(chosen) });
}

/** Makes exporters, which read variables themselves, while these have the given values. */
export function withEnvironment<T>(values: Readonly<Record<string, string>>, make: () => T): T {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return make();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** What is wrong with a connection string is told without repeating it: it holds a key. */
function azure(env: Environment): string | undefined {
  const text = env.text('APPLICATIONINSIGHTS_CONNECTION_STRING');
  if (text === undefined) return undefined;
  try {
    ingestionEndpoint(text);
    return text;
  } catch (error) {
    warn(`${(error as Error).message}; nothing is exported to Azure Monitor`);
    return undefined;
  }
}

function goesAnywhere(exporting: ExportOptions, options: TelemetryOptions): boolean {
  return [
    exporting.traceExporters,
    exporting.metricExporters,
    exporting.logExporters,
    options.spanProcessors,
    options.metricReaders,
    options.logRecordProcessors,
  ].some((list) => list !== undefined && list.length > 0);
}

function enabledInstrumentations(env: Environment): ReadonlySet<InstrumentationName> {
  const enabled = env.listOf('OTEL_NODE_ENABLED_INSTRUMENTATIONS', INSTRUMENTATION_NAMES, 'all');
  const disabled = env.listOf('OTEL_NODE_DISABLED_INSTRUMENTATIONS', INSTRUMENTATION_NAMES, 'none');
  return new Set((enabled ?? INSTRUMENTATION_NAMES).filter((name) => !disabled?.includes(name)));
}

function colors(env: Environment, stream: NodeJS.WriteStream): boolean {
  const forced = env.text('FORCE_COLOR');
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return env.text('NO_COLOR') === undefined && stream.isTTY === true;
}

const LIMIT = { least: 0, most: 2 ** 31 - 1, whole: true };

/**
 * What one span may hold: `OTEL_SPAN_*_LIMIT`, `OTEL_EVENT_*_LIMIT`, `OTEL_LINK_*_LIMIT`, over `OTEL_ATTRIBUTE_*_LIMIT`.
 * `NodeSDK` reads them itself, and those of log records, but would take any number; what is `undefined` here has the SDK's
 * own limit. Warns of each that is no number.
 */
function spanLimits(env: Environment): SpanLimits {
  const limit = (name: string) => env.number(name, LIMIT, 'the default');
  const attributeCountLimit = limit('OTEL_ATTRIBUTE_COUNT_LIMIT');
  const attributeValueLengthLimit = limit('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  limit('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT');
  limit('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  return {
    attributeCountLimit: limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? attributeCountLimit,
    attributeValueLengthLimit: limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? attributeValueLengthLimit,
    eventCountLimit: limit('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: limit('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit:
      limit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT') ?? limit('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit:
      limit('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT') ?? limit('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  };
}
