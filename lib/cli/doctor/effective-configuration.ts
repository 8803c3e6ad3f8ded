import type { Environment } from '../../sdk/environment.js';
import type { Signal } from '../../sdk/options.js';
import { settings as current } from '../../settings.js';
import type { Patient } from './finding.js';

/** One value that is in force. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** The variable that it comes from, `package.json`, or `default`. */
  readonly source: string;
}

const EXPORTERS = { traces: 'traceExporters', metrics: 'metricExporters', logs: 'logExporters' } as const;

/** Everything that was decided, with where it comes from. Keys and headers are named, never shown. */
export function effectiveConfiguration(patient: Patient): Setting[] {
  const { options, env } = patient;
  const { resource, sampling, spool } = options;
  const settings = { ...current(), ...options.settings };
  const from = sourcesIn(patient);
  const list = (values: Iterable<string>, nothing = 'none') => [...values].join(', ') || nothing;
  return [
    { name: 'telemetry', value: options.disabled ? 'off' : 'on', source: from('OTEL_SDK_DISABLED') },
    {
      name: 'service',
      value: [resource.serviceName ?? 'unknown_service:node', resource.serviceVersion].join(' ').trim(),
      source:
        from('OTEL_SERVICE_NAME', resource.attributes['service.name'] && 'OTEL_RESOURCE_ATTRIBUTES') === 'default'
          ? (resource.serviceName && 'package.json') || 'default'
          : from('OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'),
    },
    {
      name: 'environment',
      value: resource.environment ?? 'not told',
      source: from(
        resource.attributes['deployment.environment.name'] && 'OTEL_RESOURCE_ATTRIBUTES',
        'APP_ENV',
        'NODE_ENV',
      ),
    },
    { name: 'resource detectors', value: list(resource.detectors), source: from('OTEL_NODE_RESOURCE_DETECTORS') },
    ...(['traces', 'metrics', 'logs'] as const).map((signal) => ({
      name: signal,
      value: destinations(patient, signal),
      source: from(
        `OTEL_${signal.toUpperCase()}_EXPORTER`,
        `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`,
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        options.azureConnectionString && 'APPLICATIONINSIGHTS_CONNECTION_STRING',
      ),
    })),
    {
      name: 'headers',
      value: list(headerNames(env)),
      source: from('OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    },
    { name: 'console', value: options.console, source: from('ANNOTEL_CONSOLE') },
    {
      name: 'sampler',
      value:
        sampling.tracesPerSecond === undefined
          ? `${sampling.sampler}${sampling.sampler.endsWith('ratio') ? ` ${sampling.ratio}` : ''}`
          : `adaptive, about ${sampling.tracesPerSecond} traces a second`,
      source: from('ANNOTEL_TRACES_PER_SECOND', 'OTEL_TRACES_SAMPLER'),
    },
    { name: 'kept in any case', value: keepRules(patient), source: from('ANNOTEL_KEEP') },
    {
      name: 'instrumentations',
      value: list(options.enabledInstrumentations),
      source: from('OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'),
    },
    { name: 'propagation', value: list(options.propagators), source: from('OTEL_PROPAGATORS') },
    {
      name: 'request context goes to',
      value: list(options.propagateContext, 'nobody'),
      source: from('ANNOTEL_PROPAGATE_CONTEXT'),
    },
    {
      name: 'prompts and answers',
      value: settings.content,
      source: from(
        'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
        'AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED',
      ),
    },
    { name: 'redaction', value: list(settings.redact, 'off'), source: from('ANNOTEL_REDACT') },
    { name: 'dropped attributes', value: list(options.dropAttributes), source: from('ANNOTEL_DROP_ATTRIBUTES') },
    {
      name: 'log levels',
      value: env.text('ANNOTEL_LOG_LEVELS') ?? 'everything',
      source: from('ANNOTEL_LOG_LEVELS'),
    },
    {
      name: 'spool',
      value: spool ? `${spool.dir}, at most ${Math.round(spool.maxBytes / 1e6)} MB` : 'none',
      source: from('ANNOTEL_SPOOL_DIR'),
    },
    { name: 'GenAI names', value: settings.semconv, source: from('ANNOTEL_SEMCONV') },
    { name: 'currency', value: settings.currency, source: from('ANNOTEL_CURRENCY') },
    { name: 'metrics by', value: list(settings.metricContext), source: from('ANNOTEL_METRIC_CONTEXT') },
  ];
}

/** The first of some variables that is set, unless it was complained of; a variable that does not apply is left out. */
function sourcesIn({ env, complaints }: Patient) {
  return (...variables: (string | undefined)[]): string => {
    const set = variables.find((variable) => variable && env.text(variable) !== undefined);
    if (!set) return 'default';
    const isRefused = complaints.some(
      (complaint) => complaint.includes(set) && complaint.includes('is not understood'),
    );
    return isRefused ? `default, as ${set} is not understood` : set;
  };
}

function destinations({ options }: Patient, signal: Signal): string {
  const { prometheus } = options;
  const named = options[EXPORTERS[signal]].map((name: string) => {
    if (name === 'otlp') return `${options.otlp[signal].protocol} ${options.otlp[signal].url}`;
    if (name === 'prometheus') return `prometheus on ${prometheus.host}:${prometheus.port}`;
    return name === 'zipkin' ? `zipkin ${options.zipkinUrl}` : name;
  });
  return [...named, ...(options.azureConnectionString === undefined ? [] : ['Azure Monitor'])].join(', ') || 'nowhere';
}

function headerNames(env: Environment): string[] {
  const texts = ['', 'TRACES_', 'METRICS_', 'LOGS_'].map((part) => env.text(`OTEL_EXPORTER_OTLP_${part}HEADERS`) ?? '');
  const names = texts.flatMap((text) => text.split(',')).map((entry) => entry.split('=')[0]?.trim() ?? '');
  return [...new Set(names.filter((name) => name !== '' && !name.includes(' ')))];
}

function keepRules({ options }: Patient): string {
  const { errors, slowerThan, costlierThan } = options.sampling.keep;
  const rules = [
    errors && 'errors',
    slowerThan !== undefined && `slower than ${slowerThan} ms`,
    costlierThan !== undefined && `costlier than ${costlierThan}`,
  ];
  return rules.filter((rule) => rule !== false).join(', ') || 'nothing';
}
