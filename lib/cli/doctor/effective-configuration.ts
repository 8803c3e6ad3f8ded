import { withoutCredentials } from '../../privacy/cleaning/web-address.js';
import { exportersOf, SIGNALS } from '../../sdk/configuration/exporting.js';
import type { Signal } from '../../sdk/export/signal.js';
import { settings as defaults } from '../../settings.js';
import type { CheckContext } from './finding.js';

/** One value that is in force. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** The variable or variables that it comes from, `package.json`, or `default`. */
  readonly source: string;
}

type Row = readonly [name: string, value: string, source: string];

/** Everything that was decided, with where it comes from. Keys and headers are named, never shown. */
export function effectiveConfiguration(context: CheckContext): Setting[] {
  const sources = new Sources(context);
  const rows = [
    ...identity(context, sources),
    ...destinations(context, sources),
    ...sampling(context, sources),
    ...records(context, sources),
    ...content(context, sources),
    ...money(context, sources),
  ];
  return rows.map(([name, value, source]) => ({ name, value, source }));
}

function identity({ options }: CheckContext, sources: Sources): Row[] {
  const { resource, disabled } = options;
  const { attributes } = resource;
  const service = sources.first('OTEL_SERVICE_NAME', attributes['service.name'] && 'OTEL_RESOURCE_ATTRIBUTES');
  const isFromPackage = service === 'default' && resource.serviceName !== undefined;
  return [
    ['telemetry', disabled ? 'off' : 'on', sources.first('OTEL_SDK_DISABLED')],
    [
      'service',
      [resource.serviceName ?? 'unknown_service:node', resource.serviceVersion].join(' ').trim(),
      isFromPackage ? 'package.json' : service,
    ],
    [
      'environment',
      resource.environment ?? 'not told',
      sources.first(
        (attributes['deployment.environment.name'] ?? attributes['deployment.environment']) &&
          'OTEL_RESOURCE_ATTRIBUTES',
        'APP_ENV',
        'NODE_ENV',
      ),
    ],
    ['resource detectors', list(resource.detectors), sources.first('OTEL_NODE_RESOURCE_DETECTORS')],
  ];
}

function destinations(context: CheckContext, sources: Sources): Row[] {
  const { options } = context;
  const { spoolDir, spanBatch, logBatch, metricInterval } = options;
  return [
    ...SIGNALS.map(
      (signal): Row => [
        signal,
        list(
          exportersIn(context.options, signal).map((exporter) => placeOf(signal, exporter, context)),
          'nowhere',
        ),
        sourcesOf(signal, context, sources),
      ],
    ),
    ['headers', list(headerNames(context)), sources.all(...otlpVariables('HEADERS'))],
    ['console', options.console, sources.first('ANNOTEL_CONSOLE')],
    ['waiting spans', `at most ${spanBatch.maxQueueSize}`, sources.first('OTEL_BSP_MAX_QUEUE_SIZE')],
    ['waiting log records', `at most ${logBatch.maxQueueSize}`, sources.first('OTEL_BLRP_MAX_QUEUE_SIZE')],
    ['metrics every', `${metricInterval} ms`, sources.first('OTEL_METRIC_EXPORT_INTERVAL')],
    ['spool', spoolDir ?? 'none', sources.first('ANNOTEL_SPOOL_DIR')],
  ];
}

function sampling({ options }: CheckContext, sources: Sources): Row[] {
  const { sampler, ratio, tracesPerSecond } = options.sampling;
  const isByRatio = sampler.endsWith('ratio');
  return [
    tracesPerSecond === undefined
      ? [
          'sampler',
          isByRatio ? `${sampler} ${ratio}` : sampler,
          sources.all(
            sources.firstOf('OTEL_TRACES_SAMPLER', 'ANNOTEL_TRACES_PER_SECOND'),
            isByRatio && 'OTEL_TRACES_SAMPLER_ARG',
          ),
        ]
      : ['sampler', `adaptive, about ${tracesPerSecond} traces a second`, sources.first('ANNOTEL_TRACES_PER_SECOND')],
    ['kept in any case', keepRules(options.sampling.keep), sources.first('ANNOTEL_KEEP')],
  ];
}

function records({ options, env }: CheckContext, sources: Sources): Row[] {
  return [
    [
      'instrumentations',
      list(options.enabledInstrumentations),
      sources.all('OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'),
    ],
    [
      'log levels',
      (options.logLevels.length > 0 && env.text('ANNOTEL_LOG_LEVELS')) || 'everything',
      sources.first('ANNOTEL_LOG_LEVELS'),
    ],
    ['propagation', list(options.propagators), sources.first('OTEL_PROPAGATORS')],
    ['request context goes to', list(options.propagateContext, 'nobody'), sources.first('ANNOTEL_PROPAGATE_CONTEXT')],
    ['dropped attributes', list(options.dropAttributes), sources.first('ANNOTEL_DROP_ATTRIBUTES')],
  ];
}

function content({ options }: CheckContext, sources: Sources): Row[] {
  const settings = { ...defaults(), ...options.settings };
  const { contentFields, contentForm, contentKey, handleKey } = settings;
  return [
    [
      'prompts and answers',
      settings.content,
      sources.first(
        'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
        'AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED',
      ),
    ],
    ['fields of them', contentFields === 'all' ? 'all' : list(contentFields), sources.first('ANNOTEL_CONTENT_FIELDS')],
    [
      'form of them',
      contentForm === 'hash' ? `hash ${contentKey ? 'with a key' : 'without a key'}` : contentForm,
      sources.all('ANNOTEL_CONTENT', 'ANNOTEL_CONTENT_KEY'),
    ],
    ['redaction', list(settings.redact, 'off'), sources.first('ANNOTEL_REDACT')],
    ['trace handles', handleKey ? 'sealed with a key' : 'not sealed', sources.first('ANNOTEL_HANDLE_KEY')],
    ['GenAI names', settings.semconv, sources.first('ANNOTEL_SEMCONV')],
  ];
}

function money({ options, env }: CheckContext, sources: Sources): Row[] {
  const { currency, currencyRate, prices, countTokens, metricContext } = { ...defaults(), ...options.settings };
  const own = Object.keys(prices).length;
  return [
    [
      'currency',
      currencyRate === 1 ? currency : `${currency}, ${currencyRate} for 1 USD`,
      sources.all('ANNOTEL_CURRENCY', 'ANNOTEL_CURRENCY_RATE'),
    ],
    ['own prices', own === 0 ? 'none' : `${own}, of ${env.text('ANNOTEL_PRICES')}`, sources.first('ANNOTEL_PRICES')],
    ['estimated usage', countTokens ? 'on' : 'off', sources.first('ANNOTEL_ESTIMATE_TOKENS')],
    ['metrics by', list(metricContext), sources.first('ANNOTEL_METRIC_CONTEXT')],
  ];
}

/** The exporters of a signal, with that of Azure Monitor. */
export function exportersIn(options: CheckContext['options'], signal: Signal): string[] {
  return [...exportersOf(options, signal), ...(options.azureConnectionString === undefined ? [] : ['azure'])];
}

/** Where one of them sends, in words. */
export function placeOf(signal: Signal, exporter: string, { options }: CheckContext): string {
  const { otlp, prometheus, zipkinUrl } = options;
  if (exporter === 'otlp') return `${otlp[signal].protocol} ${withoutCredentials(otlp[signal].url)}`;
  if (exporter === 'prometheus') return `prometheus on ${prometheus.host}:${prometheus.port}`;
  if (exporter === 'azure') return 'Azure Monitor';
  return exporter === 'zipkin' ? `zipkin ${withoutCredentials(zipkinUrl)}` : exporter;
}

function sourcesOf(signal: Signal, { options }: CheckContext, sources: Sources): string {
  const names = exportersOf(options, signal);
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  return sources.all(
    `OTEL_${signal.toUpperCase()}_EXPORTER`,
    names.includes('otlp') && sources.firstOf(`${own}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    names.includes('otlp') && sources.firstOf(`${own}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL'),
    names.includes('zipkin') && 'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
    names.includes('prometheus') && 'OTEL_EXPORTER_PROMETHEUS_HOST',
    names.includes('prometheus') && 'OTEL_EXPORTER_PROMETHEUS_PORT',
    options.azureConnectionString && 'APPLICATIONINSIGHTS_CONNECTION_STRING',
  );
}

/** Of those that are sent. */
function headerNames({ env, warnings }: CheckContext): string[] {
  const said = warnings.filter((warning) => /_HEADERS:/.test(warning)).join(' ');
  const entries = otlpVariables('HEADERS').flatMap((variable) => env.text(variable)?.split(',') ?? []);
  const names = entries.map((entry) => entry.split('=')[0]?.trim() ?? '');
  return [
    ...new Set(
      names.filter((name) => name !== '' && !name.includes(' ') && !said.includes(`${name.split(':')[0]} is left out`)),
    ),
  ];
}

function otlpVariables(name: string): string[] {
  return ['', ...SIGNALS.map((signal) => `${signal.toUpperCase()}_`)].map(
    (part) => `OTEL_EXPORTER_OTLP_${part}${name}`,
  );
}

function keepRules({ errors, slowerThan, costlierThan }: CheckContext['options']['sampling']['keep']): string {
  const rules = [
    errors && 'errors',
    slowerThan !== undefined && `slower than ${slowerThan} ms`,
    costlierThan !== undefined && `costlier than ${costlierThan}`,
  ];
  return list(
    rules.filter((rule) => rule !== false),
    'nothing',
  );
}

function list(values: Iterable<string>, nothing = 'none'): string {
  return [...values].join(', ') || nothing;
}

/** A variable that may not apply, in which case it is left out. */
type Candidate = string | false | undefined;

/** What `warnOfValue` says where something is used all the same: the rest of a list, or what a URL was taken for. */
const IN_PART = /; using (the (rest|others|sets)|http)/;

/** Where values come from, as far as the environment and the warnings about it say. */
class Sources {
  constructor(private readonly context: Pick<CheckContext, 'app' | 'env' | 'warnings'>) {}

  /** In words, for a value that one variable decides: the first of them that is set and understood. */
  first(...variables: Candidate[]): string {
    return this.all(this.firstOf(...variables));
  }

  /** In words, for a value that several variables make up together: those that are set. */
  all(...variables: Candidate[]): string {
    return (
      variables
        .filter((name): name is string => this.#isSet(name))
        .map((name) => this.#describe(name))
        .join(', ') || 'default'
    );
  }

  /** The first that is set and understood, else the first that is set. */
  firstOf(...variables: Candidate[]): string | undefined {
    const set = variables.filter((name): name is string => this.#isSet(name));
    return set.find((name) => !this.#isRefused(name)) ?? set[0];
  }

  #isSet(name: Candidate): name is string {
    return typeof name === 'string' && this.context.env.text(name) !== undefined;
  }

  #describe(name: string): string {
    if (this.#isRefused(name)) return `default, as ${name} is not understood`;
    const source = this.context.app.variableSources.find(({ variables }) => variables[name] !== undefined);
    const place = source === undefined || source.where === 'the environment' ? name : `${name} of ${source.where}`;
    return this.#warningOf(name) === undefined ? place : `${place} in part`;
  }

  #isRefused(name: string): boolean {
    const warning = this.#warningOf(name);
    return warning !== undefined && !IN_PART.test(warning);
  }

  #warningOf(name: string): string | undefined {
    return this.context.warnings.find((warning) => warning.startsWith(`${name}=`));
  }
}
