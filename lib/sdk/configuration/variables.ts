import { nearest } from '../../nearest.js';

// Imports nothing, so that the doctor can judge variables where OpenTelemetry cannot be loaded.

const OTLP = ['', 'TRACES_', 'METRICS_', 'LOGS_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}`);
const OTLP_PARTS = [
  'ENDPOINT',
  'HEADERS',
  'PROTOCOL',
  'TIMEOUT',
  'COMPRESSION',
  'INSECURE',
  'CERTIFICATE',
  'CLIENT_CERTIFICATE',
  'CLIENT_KEY',
];
const BATCH_PARTS = ['MAX_QUEUE_SIZE', 'SCHEDULE_DELAY', 'EXPORT_TIMEOUT', 'MAX_EXPORT_BATCH_SIZE'];

/** Every variable that begins with `OTEL_` or `ANNOTEL_` and has its effect. Of two alike, the more general one stands first. */
export const VARIABLES: readonly string[] = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SDK_DISABLED',
  'OTEL_LOG_LEVEL',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_PROPAGATORS',
  ...OTLP.flatMap((prefix) => OTLP_PARTS.map((part) => prefix + part)),
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
  'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  'OTEL_EXPORTER_ZIPKIN_TIMEOUT',
  'OTEL_EXPORTER_PROMETHEUS_HOST',
  'OTEL_EXPORTER_PROMETHEUS_PORT',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_METRIC_EXPORT_TIMEOUT',
  ...['OTEL_BSP_', 'OTEL_BLRP_'].flatMap((prefix) => BATCH_PARTS.map((part) => prefix + part)),
  ...['OTEL_ATTRIBUTE_', 'OTEL_SPAN_ATTRIBUTE_', 'OTEL_LOGRECORD_ATTRIBUTE_'].flatMap((prefix) => [
    `${prefix}COUNT_LIMIT`,
    `${prefix}VALUE_LENGTH_LIMIT`,
  ]),
  'OTEL_SPAN_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_LINK_COUNT_LIMIT',
  'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
  'OTEL_NODE_RESOURCE_DETECTORS',
  'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
  'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
  'OTEL_NODE_EXPERIMENTAL_SDK_METRICS',
  'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN',
  'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
  'ANNOTEL_CONSOLE',
  'ANNOTEL_ENV_FILE',
  'ANNOTEL_TRACES_PER_SECOND',
  'ANNOTEL_KEEP',
  'ANNOTEL_LOG_LEVELS',
  'ANNOTEL_PROPAGATE_CONTEXT',
  'ANNOTEL_METRIC_CONTEXT',
  'ANNOTEL_SPOOL_DIR',
  'ANNOTEL_CONTENT',
  'ANNOTEL_CONTENT_KEY',
  'ANNOTEL_CONTENT_FIELDS',
  'ANNOTEL_REDACT',
  'ANNOTEL_DROP_ATTRIBUTES',
  'ANNOTEL_PRICES',
  'ANNOTEL_CURRENCY',
  'ANNOTEL_CURRENCY_RATE',
  'ANNOTEL_ESTIMATE_TOKENS',
  'ANNOTEL_HANDLE_KEY',
  'ANNOTEL_SEMCONV',
];

/** Whether a variable of this name has an effect on telemetry, and on nothing else. */
export function isTelemetryVariable(name: string): boolean {
  return name === 'APPLICATIONINSIGHTS_CONNECTION_STRING' || VARIABLES.includes(name);
}

const NO_FILE = 'annotel reads variables and no such file';
const TAKES_OTLP = 'Jaeger takes OTLP: OTEL_EXPORTER_OTLP_ENDPOINT';
const AN_ATTRIBUTE = (name: string) => `OTEL_RESOURCE_ATTRIBUTES=${name}=… says it`;

/** Known variables without effect, what holds in their place, and the values that ask for just that. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly [instead: string, asked?: RegExp]>> = {
  OTEL_CONFIG_FILE: [NO_FILE],
  OTEL_EXPERIMENTAL_CONFIG_FILE: [NO_FILE],
  OTEL_METRICS_EXEMPLAR_FILTER: ["OpenTelemetry's SDK for Node records no exemplars", /^always_off$/i],
  OTEL_EXPORTER_ZIPKIN_PROTOCOL: ['Zipkin is sent JSON of version 2', /^(v2_)?(http\/)?json$/i],
  OTEL_EXPORTER_OTLP_SPAN_INSECURE: ['OTEL_EXPORTER_OTLP_TRACES_INSECURE has taken its place'],
  OTEL_EXPORTER_OTLP_METRIC_INSECURE: ['OTEL_EXPORTER_OTLP_METRICS_INSECURE has taken its place'],
  OTEL_EXPORTER_JAEGER_ENDPOINT: [TAKES_OTLP],
  OTEL_EXPORTER_JAEGER_AGENT_HOST: [TAKES_OTLP],
  OTEL_ENTITIES: ['OTEL_RESOURCE_ATTRIBUTES says what a resource is'],
  OTEL_SEMCONV_STABILITY_OPT_IN: [
    'the stable names are emitted, without the old ones; ANNOTEL_SEMCONV chooses those of GenAI',
    /^(\s*(http|database|code|messaging|rpc|k8s)\s*(,|$))+$/i,
  ],
  OTEL_SERVICE_VERSION: [AN_ATTRIBUTE('service.version')],
  OTEL_SERVICE_NAMESPACE: [AN_ATTRIBUTE('service.namespace')],
  OTEL_DEPLOYMENT_ENVIRONMENT: [AN_ATTRIBUTE('deployment.environment.name')],
  ANNOTEL_KEEP_MAX_TRACES: ['at most 5000 traces wait until it is known whether they are kept'],
  ANNOTEL_KEEP_MAX_SPANS: ['at most 20000 spans wait until it is known whether they are kept'],
  ANNOTEL_KEEP_MAX_AGE: [
    'a trace waits at most 5 minutes, or somewhat longer than slower-than, until it is decided whether it is kept',
  ],
  ANNOTEL_SPOOL_MAX_SIZE: ['a process keeps at most 256 MB in ANNOTEL_SPOOL_DIR, and drops the oldest beyond it'],
  ANNOTEL_SPOOL_MAX_AGE: ['what is older than 48 hours is dropped from ANNOTEL_SPOOL_DIR'],
};

/** Of other languages and tools, and what Kubernetes sets for a service whose name begins with `otel`. */
const FOREIGN =
  /^OTEL_(AWS|BUN|COLLECTOR|CPP|DENO|DOTNET|ELIXIR|ERLANG|GO|IMR|INSTRUMENTATION(?!_GENAI_CAPTURE)|JAVA|JAVAAGENT|JMX|LAMBDA|OPERATOR|PHP|PYTHON|RESOURCE_ATTRIBUTES|RUBY|RUST|SWIFT)(_|$)|_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)/;
const OF_KUBERNETES = /^(tcp|udp):\/\//;
/** Names that begin like this belong to the specification, or to annotel. */
const OWNED = /^(ANNOTEL|OTEL_(EXPORTER|TRACES|METRICS|METRIC|LOGS|BSP|BLRP|SDK|NODE))_/;
/** What begins like this was meant to be one of {@link VARIABLES}. */
const ALIKE = /^(OTEL|OETL|AN{1,2}OT{1,2}EL)/;
/** Words that people leave out. */
const LEFT_OUT = new Set(['EXPORTER', 'OTLP', 'SDK', 'TRACES', 'NAME']);

/** A variable that is set and has no effect. */
export interface IdleVariable {
  readonly name: string;
  /** What holds in its place, where it is a known one. */
  readonly instead?: string;
  /** The variable that was probably meant. */
  readonly nearest?: string;
}

/** Those of an environment that were meant to have an effect and have none. Blank ones count as unset. */
export function idleVariables(environment: Readonly<Record<string, string | undefined>>): IdleVariable[] {
  return Object.entries(environment).flatMap(([name, text]) => {
    const value = text?.trim() ?? '';
    const upper = name.toUpperCase();
    if (value === '' || VARIABLES.includes(name) || !ALIKE.test(upper)) return [];
    const [instead, asked] = WITHOUT_EFFECT[name] ?? [];
    if (instead !== undefined) return asked?.test(value) ? [] : [{ name, instead }];
    if (FOREIGN.test(upper) || OF_KUBERNETES.test(value)) return [];
    const meant = nearestTo(upper);
    if (meant !== undefined) return [{ name, nearest: meant }];
    return OWNED.test(upper) ? [{ name }] : [];
  });
}

/** What is said of it. */
export function idleSentence({ name, instead, nearest: meant }: IdleVariable): string {
  if (instead !== undefined) return `${name} has no effect: ${instead}`;
  if (meant !== undefined) return `${name} is no known variable and has no effect; did you mean ${meant}?`;
  if (!name.startsWith('ANNOTEL_')) return `${name} is no known variable and has no effect`;
  const own = VARIABLES.filter((variable) => variable.startsWith('ANNOTEL_')).sort();
  return `${name} is no known variable and has no effect (there are ${own.join(', ')})`;
}

function nearestTo(name: string): string | undefined {
  // Whatever begins with ANNOTEL_ was meant for annotel; OTEL_ names may be somebody else's.
  const most = Math.floor(name.length / (name.startsWith('ANNOTEL_') ? 4 : 6));
  const words = name.split('_');
  return nearest(name, VARIABLES, most) ?? VARIABLES.find((variable) => isShortFor(words, variable.split('_')));
}

function isShortFor(words: readonly string[], all: readonly string[]): boolean {
  let next = 0;
  for (const word of all) {
    if (word === words[next]) next += 1;
    else if (!LEFT_OUT.has(word)) return false;
  }
  return next === words.length;
}
