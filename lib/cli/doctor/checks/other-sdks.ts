import { registered } from '../../../registered.js';
import { isRegister } from '../app/start-commands.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';

const LEAVE_ONE_OUT =
  'leave one of the two out: without annotel/register the decorators record through the other SDK; without the other one, annotel sends by the OTEL_* variables';

/** What to do where annotel and this one are both started. */
const MENDS: Readonly<Record<string, string>> = {
  '@azure/monitor-opentelemetry': `leave out useAzureMonitor(), and set APPLICATIONINSIGHTS_CONNECTION_STRING, which annotel sends to; or leave out annotel/register: the decorators record through Azure's SDK`,
  applicationinsights: `leave out its setup(), and set APPLICATIONINSIGHTS_CONNECTION_STRING, which annotel sends to; or leave out annotel/register`,
  '@sentry/node':
    'pass skipOpenTelemetrySetup: true to Sentry.init(); or leave out annotel/register: the decorators record through Sentry',
  '@opentelemetry/auto-instrumentations-node': 'leave out its register: annotel/register does the same',
  '@traceloop/node-server-sdk': 'leave out traceloop.initialize(), or annotel/register',
};

/** Agents that hear nothing of OpenTelemetry unless they are told to, and how they get along with annotel. */
const AGENTS: readonly (readonly [name: string, alone: string, together: string])[] = [
  [
    'dd-trace',
    'it does not hear the decorators by itself: start annotel/register too, and send to the Datadog Agent by OTLP (OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318)',
    'leave DD_TRACE_OTEL_ENABLED unset, and send to the Datadog Agent by OTLP; its own traces and those of annotel do not join',
  ],
  [
    'newrelic',
    'it hears the decorators with NEW_RELIC_OPENTELEMETRY_ENABLED=true; or start annotel/register, and send to New Relic by OTLP',
    'leave its opentelemetry.enabled off, and send to New Relic by OTLP; its own traces and those of annotel do not join',
  ],
  [
    'elastic-apm-node',
    'it hears the decorators with ELASTIC_APM_OPENTELEMETRY_BRIDGE_ENABLED=true; or start annotel/register, and send to Elastic by OTLP',
    'leave opentelemetryBridgeEnabled off, and send to Elastic by OTLP; its own traces and those of annotel do not join',
  ],
];

/** Who else starts an OpenTelemetry SDK, or would: the first to register gets everything. */
export const otherSdks: Check = ({ app }) => {
  const own = app.starts.find(({ isAnnotel }) => isAnnotel);
  const findings = own === undefined ? [] : [...registeredBefore(), ...loadedBefore(app)];
  const others = app.starts.filter(({ isAnnotel }) => !isAnnotel);
  const isTold = findings.length > 0;
  for (const other of others.filter(({ by }, index) => others.findIndex((one) => one.by === by) === index)) {
    if (own === undefined) {
      findings.push(
        other.isUsed
          ? ok(`decorated calls are recorded by ${other.by}, which ${other.where} starts, and go where it sends`)
          : problem(
              `${other.where} starts ${other.by}, and nothing seems to load ${other.where}: then nothing is recorded`,
              `load it before the app: node --import ./${other.where.replace(/\.ts$/, '.js')} …, or start with --import annotel/register`,
              others.some(({ isUsed }) => isUsed) ? undefined : 'recording',
            ),
      );
      if (other.by === '@sentry/node') findings.push(...withoutTracing(app));
    } else if (!isTold && !isSkipped(other.by, app)) {
      const isFirst = own.isPreloaded && (!other.isPreloaded || app.starts.indexOf(own) < app.starts.indexOf(other));
      const first = isFirst ? 'annotel, and what the other is to send gets nothing' : 'whichever is loaded first';
      const where = other.isUsed ? other.where : `${other.where}, if anything loads that`;
      findings.push(
        (other.isUsed ? problem : warning)(
          `two SDKs are started: ${own.by} (${own.where}) and ${other.by} (${where}); the first to register gets everything: ${first}`,
          MENDS[other.by] ?? LEAVE_ONE_OUT,
        ),
      );
    }
  }
  for (const [name, alone, together] of AGENTS) {
    if (!app.needs(name)) continue;
    findings.push(
      own === undefined
        ? warning(`${name} is a dependency, and no OpenTelemetry SDK`, alone)
        : warning(`${name} is a dependency, and traces beside annotel`, together),
    );
  }
  findings.push(...langfuse(app));
  return findings.length > 0 ? findings : [ok('no other SDK or agent is among the dependencies of this app')];
};

type Context = Parameters<Check>[0];

/** Who has registered in this process, which has the app's NODE_OPTIONS: whatever they load was there before the app would be. */
function registeredBefore(): Finding[] {
  const { version, trace, metrics, logs } = registered();
  const providers = [trace, metrics, logs].filter((provider) => provider !== undefined) as object[];
  if (version === undefined) return [];
  const names = [...new Set(providers.map(nameOf))].join(', ');
  const what =
    names === ''
      ? `uses @opentelemetry/api ${version}`
      : `registers an OpenTelemetry SDK of its own (${names}; API ${version})`;
  return [
    problem(
      `something that NODE_OPTIONS loads ${what} before annotel, which then starts none`,
      'load annotel before it: NODE_OPTIONS="--require annotel/register …", in front of every other --require; or leave annotel/register out, and the decorators record through that SDK',
    ),
  ];
}

/** The API wraps the tracer provider that it is given. */
function nameOf(provider: object): string {
  const inner = (provider as { getDelegate?(): object }).getDelegate?.() ?? provider;
  return inner.constructor.name;
}

/** A preload in front of annotel's that starts an SDK. */
function loadedBefore(app: Context['app']): Finding[] {
  for (const command of app.commands) {
    const preloads = app.preloads(command);
    const at = preloads.findIndex(({ name }) => isRegister(name));
    const earlier = preloads
      .slice(0, Math.max(at, 0))
      .find(({ name }) =>
        app.starts.some(
          (start) =>
            start.isPreloaded && !start.isAnnotel && start.where === command.where && startsBy(name, start.by, app),
        ),
      );
    if (earlier !== undefined) {
      return [
        problem(
          `${command.where} loads ${earlier.name} before annotel/register, and it registers an OpenTelemetry SDK: annotel then starts none (Node runs every --require before any --import)`,
          `leave ${earlier.name} or annotel/register out; the decorators record through whichever is there`,
        ),
      ];
    }
  }
  return [];
}

function startsBy(name: string, by: string, app: Context['app']): boolean {
  return /^[./]/.test(name) ? app.text(name).includes(by.replace(/^@.*\//, '')) : name.startsWith(by);
}

/** Sentry leaves OpenTelemetry alone if it is told to. */
function isSkipped(by: string, app: Context['app']): boolean {
  return by === '@sentry/node' && app.sourceWith(/skipOpenTelemetrySetup\s*:\s*true/) !== undefined;
}

function withoutTracing(app: Context['app']): Finding[] {
  if (app.sourceWith(/\btraces(SampleRate|Sampler)\b/) !== undefined) return [];
  return [
    problem(
      'Sentry.init() has no tracesSampleRate, so Sentry records no spans, and those of the decorators neither',
      'set tracesSampleRate in Sentry.init(); or pass skipOpenTelemetrySetup: true, and start with --import annotel/register',
      'recording',
    ),
  ];
}

/** Langfuse's span processor needs an SDK that it is given to. */
function langfuse(app: Context['app']): Finding[] {
  const processor = app.sourceWith(/\bnew\s+LangfuseSpanProcessor\s*\(/);
  if (processor === undefined) return [];
  const isGiven = app.sourceWith(
    /spanProcessors\s*:[^;]*LangfuseSpanProcessor|LangfuseSpanProcessor[\s\S]*spanProcessors/,
  );
  if (isGiven !== undefined && !app.starts.some(({ by }) => by === 'annotel/register')) return [];
  if (isGiven !== undefined && app.starts.some(({ by }) => by !== 'annotel/register')) return [];
  return [
    problem(
      `${processor.path} makes a LangfuseSpanProcessor that no SDK is given`,
      'startTelemetry({ spanProcessors: [new LangfuseSpanProcessor()] }), in place of annotel/register',
    ),
  ];
}
