import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AZURE_PACKAGE } from '../../../sdk/azure/package.js';
import { Environment } from '../../../sdk/configuration/environment.js';
import { exportersOf, SIGNALS } from '../../../sdk/configuration/exporting.js';
import { originOf } from '../../../sdk/export/exports.js';
import { type ResolvedOptions, resolveOptions } from '../../../sdk/options.js';
import { collectWarnings, forgetReported } from '../../../sdk/warnings.js';
import { TELEMETRY_VARIABLE, type VariableSource } from '../app/variables.js';
import { type Check, type CheckContext, type Finding, ok, problem, warning } from '../finding.js';

/** The variables that the app is started with: whether they are understood, and what they switch off. */
export const variables: Check = (context) => {
  const { app, options, warnings } = context;
  const findings: Finding[] = [
    ...warnings.map(ofWarning),
    ...traps(app.variables),
    ...unfilled(app.variables),
    ...switchedOff(options),
    ...weakened(context),
  ];
  return findings.length > 0 ? findings : [ok('every variable is understood')];
};

/** A warning of annotel about a variable, with what to do, which it says in words of its own. */
export function ofWarning(said: string): Finding {
  const [, text = said, own] = /^(.*) \(there are (.*)\)$/.exec(said) ?? [];
  if (own !== undefined) return problem(text, `leave it out, or write one of ${own}`);
  const [, meant] = /did you mean (\w+)\?$/.exec(said) ?? [];
  if (meant !== undefined) return problem(said, `write ${meant}`);
  const [name = 'it'] = /\b[A-Z]+_[A-Z_]+\b/.exec(said) ?? [];
  if (name === 'APPLICATIONINSIGHTS_CONNECTION_STRING') return problem(said, AZURE_STRING);
  const [, allowed] = /\(allowed: (.*?)\)(;|$)/.exec(said) ?? [];
  if (allowed !== undefined) return problem(said, `write ${name} as ${allowed}`);
  return problem(said, `mend ${name}, or unset it`);
}

/** What a set of variables decides, and the warnings of reading it. */
export function optionsOf(
  environment: Readonly<Record<string, string>>,
  mainScript: string,
): { options: ResolvedOptions; env: Environment; warnings: string[] } {
  const warnings: string[] = [];
  const stopListening = collectWarnings((sentence) => warnings.push(sentence));
  try {
    forgetReported();
    const env = new Environment(environment);
    return { options: resolveOptions({}, mainScript, environment), env, warnings };
  } finally {
    stopListening();
  }
}

/** What other files set, which apply where those are used and not here. */
export const otherVariables: Check = ({ app }) => {
  const inForce = new Set(app.variableSources.map(({ where }) => where));
  const elsewhere: VariableSource[] = [
    ...app.envFiles,
    ...app.deployment.map(({ name, variables }) => ({ where: name, variables })),
  ].filter(({ where }) => !inForce.has(where));
  const containers = app.deployedEnvFiles;
  const findings = elsewhere.flatMap(({ where, variables }) => {
    const isContainer = containers.has(where) || /docker|compose|k8s|kubernetes|deploy/i.test(where);
    return judged(where, variables, app.folder, isContainer);
  });
  return findings.length > 0 ? findings : [ok('no other file sets variables of telemetry')];
};

function judged(
  where: string,
  variables: Readonly<Record<string, string>>,
  folder: string,
  isContainer: boolean,
): Finding[] {
  const { ANNOTEL_SPOOL_DIR: _ofThere, ...rest } = variables;
  const names = Object.keys(rest).filter((name) => TELEMETRY_VARIABLE.test(name));
  if (names.length === 0) return [];
  const { options, warnings } = optionsOf(rest, join(folder, 'main.js'));
  const found = [
    ...warnings.map(ofWarning),
    ...traps(rest),
    ...(/\.env\b/.test(where) ? unfilled(rest) : []),
    ...switchedOff(options),
    ...(isContainer ? inContainer(options) : []),
  ];
  return found.map(({ stops: _notHere, ...finding }) => ({ ...finding, text: `${where}: ${finding.text}` }));
}

/** In a container, `localhost` is that container. */
export function inContainer(options: ResolvedOptions): Finding[] {
  const local = SIGNALS.filter((signal) => exportersOf(options, signal).includes('otlp'))
    .map((signal) => options.otlp[signal].url)
    .find((url) => /^(https?:\/\/)?(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(url));
  if (local === undefined) return [];
  return [
    warning(
      `telemetry goes to ${originOf(local)}, which in a container is the container itself`,
      "name the collector's service or host in OTEL_EXPORTER_OTLP_ENDPOINT, such as http://otel-collector:4318, or http://host.docker.internal:4318 for one on the machine",
    ),
  ];
}

const AZURE_STRING =
  'set APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=…;IngestionEndpoint=…, as the Azure portal shows it';
const OLD_AZURE = [
  'APPINSIGHTS_INSTRUMENTATIONKEY',
  'APPINSIGHTS_CONNECTION_STRING',
  'APPLICATION_INSIGHTS_CONNECTION_STRING',
];
const MILLISECONDS =
  /^OTEL_(EXPORTER_OTLP_(\w+_)?TIMEOUT|B(SP|LRP)_(SCHEDULE_DELAY|EXPORT_TIMEOUT)|METRIC_EXPORT_(INTERVAL|TIMEOUT))$/;
/** A key may hold a `$`, and other files than `.env` are filled in. */
const PLACEHOLDER = /\$\{\w+|\{\{|<[^<>]+>|\byour[-_ ]|change[-_]?me|\bTODO\b|…/i;
const UNFILLED = /\$\w+|%\w+%/;
/** Ports on which well-known servers do not take OTLP. */
const PORTS: Readonly<Record<string, string>> = {
  '16686': "Jaeger's pages; it takes OTLP on 4318 (HTTP) and 4317 (gRPC)",
  '14268': "Jaeger's own format; it takes OTLP on 4318 (HTTP) and 4317 (gRPC)",
  '9411': 'Zipkin: OTEL_TRACES_EXPORTER=zipkin and OTEL_EXPORTER_ZIPKIN_ENDPOINT send to it',
  '9090':
    "Prometheus's pages; it takes OTLP at /api/v1/otlp if that is enabled, or scrapes OTEL_METRICS_EXPORTER=prometheus",
  '8126': "the Datadog Agent's own format; it takes OTLP on 4318 (HTTP) and 4317 (gRPC)",
  '3100': "Loki's pages; it takes log records only, at /otlp",
  '3200': "Tempo's queries; it takes OTLP on 4318 (HTTP) and 4317 (gRPC)",
};

/** Values that are understood and yet not what was meant. None of them is repeated that may hold a key. */
function traps(variables: Readonly<Record<string, string>>): Finding[] {
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (!TELEMETRY_VARIABLE.test(name)) continue;
    if (/^\s*(["']).*\1\s*$/s.test(value) && !name.endsWith('_HEADERS')) {
      findings.push(
        problem(
          `the quotes around ${name} are part of its value, as docker run --env-file keeps them`,
          `write ${name}=… without quotes`,
        ),
      );
    }
    if (MILLISECONDS.test(name) && Number(value) > 0 && Number(value) < 200) {
      findings.push(
        warning(`${name}=${value} is in milliseconds`, `${name}=${Number(value) * 1000} for ${value} seconds`),
      );
    }
    if (/^OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT$/.test(name)) findings.push(...endpointTraps(name, value.trim()));
  }
  const { APPLICATIONINSIGHTS_CONNECTION_STRING: connection } = variables;
  const old = OLD_AZURE.find((name) => (variables[name] ?? '') !== '');
  if (old !== undefined && connection === undefined) {
    findings.push(problem(`${old} is set, but annotel reads APPLICATIONINSIGHTS_CONNECTION_STRING`, AZURE_STRING));
  }
  if (variables['OTEL_TRACES_SAMPLER_ARG'] !== undefined && !/ratio$/.test(variables['OTEL_TRACES_SAMPLER'] ?? '')) {
    findings.push(
      warning(
        'OTEL_TRACES_SAMPLER_ARG has no effect, as OTEL_TRACES_SAMPLER names no sampler that takes a ratio',
        'set OTEL_TRACES_SAMPLER=parentbased_traceidratio as well',
      ),
    );
  }
  return findings;
}

/** Values in which something was to be filled in. */
function unfilled(variables: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(variables)
    .filter(
      ([name, value]) =>
        TELEMETRY_VARIABLE.test(name) &&
        (PLACEHOLDER.test(value) || (!/HEADERS|KEY/.test(name) && UNFILLED.test(value))),
    )
    .map(([name]) =>
      problem(`${name} still holds a placeholder`, `give ${name} its real value: nothing fills it in on the way`),
    );
}

function endpointTraps(name: string, value: string): Finding[] {
  if (!URL.canParse(value)) return [];
  const { port, pathname, protocol } = new URL(value);
  const findings: Finding[] = [];
  const meant = PORTS[port];
  if (meant !== undefined)
    findings.push(problem(`${name}: ${port} is the port of ${meant}`, `give ${name} the port of OTLP`));
  const signal = /OTLP_(TRACES|METRICS|LOGS)_/.exec(name)?.[1]?.toLowerCase();
  if (signal !== undefined && /^https?:$/.test(protocol) && /^\/?$/.test(pathname) && port !== '4317') {
    findings.push(
      problem(
        `${name} is used as it is, without a path added, and has no path`,
        `set ${name} to …/v1/${signal}, or OTEL_EXPORTER_OTLP_ENDPOINT to the base URL`,
      ),
    );
  }
  return findings;
}

function switchedOff(options: ResolvedOptions): Finding[] {
  if (options.disabled) {
    return [
      problem(
        'OTEL_SDK_DISABLED=true starts nothing',
        'unset OTEL_SDK_DISABLED where telemetry is wanted',
        'recording',
      ),
    ];
  }
  const { sampler, ratio, tracesPerSecond, keep } = options.sampling;
  const isNothingSampled = sampler.endsWith('always_off') || (sampler.endsWith('ratio') && ratio === 0);
  if (isNothingSampled && tracesPerSecond === undefined) {
    const kept = keep.errors ? ' but those that ANNOTEL_KEEP keeps' : '';
    return [
      problem(
        `the sampler ${sampler} lets no trace out${kept}`,
        sampler.endsWith('ratio')
          ? 'set OTEL_TRACES_SAMPLER_ARG=1, or a share such as 0.1'
          : 'set OTEL_TRACES_SAMPLER=parentbased_always_on',
        { signals: ['traces'] },
      ),
    ];
  }
  return [];
}

/** Whether anything is to be sent anywhere. */
export function isSending(options: ResolvedOptions): boolean {
  return (
    SIGNALS.some((signal) => exportersOf(options, signal).length > 0) || options.azureConnectionString !== undefined
  );
}

/** What is asked for and understood, and costs more than may be known. */
function weakened({ app, options, env, warnings }: CheckContext): Finding[] {
  const findings: Finding[] = [];
  // An SDK of the app's own may be configured in code.
  if (app.starts.length > 0 && app.starts.every(({ isAnnotel }) => !isAnnotel)) return [];
  const isNone = SIGNALS.every((signal) => env.text(`OTEL_${signal.toUpperCase()}_EXPORTER`)?.toLowerCase() === 'none');
  if (!isSending(options) && !options.disabled) {
    const wanted = Object.keys(app.variables).find(
      (name) => /^OTEL_EXPORTER_OTLP_/.test(name) && !warnings.some((text) => text.startsWith(name)),
    );
    const by = wanted ?? (AZURE_PACKAGE.name in app.dependencies ? AZURE_PACKAGE.name : undefined);
    findings.push(
      isNone
        ? problem(
            'OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER are all none',
            'unset them, or set them to otlp, and OTEL_EXPORTER_OTLP_ENDPOINT to your collector',
            'sending',
          )
        : by !== undefined
          ? problem(
              `no destination is configured, though there is ${by}`,
              'set OTEL_EXPORTER_OTLP_ENDPOINT=http://your-collector:4318, or APPLICATIONINSIGHTS_CONNECTION_STRING',
            )
          : warning(
              'nothing is configured to export: finished traces are printed on the console and leave in no other way',
              'set OTEL_EXPORTER_OTLP_ENDPOINT=http://your-collector:4318, or APPLICATIONINSIGHTS_CONNECTION_STRING',
            ),
    );
  } else if (exportersOf(options, 'traces').length === 0 && options.azureConnectionString === undefined) {
    findings.push(
      warning('no traces are sent, as OTEL_TRACES_EXPORTER is none', 'unset OTEL_TRACES_EXPORTER, or set it to otlp'),
    );
  }
  const { content = 'NO_CONTENT', redact } = options.settings;
  if (content !== 'NO_CONTENT' && redact?.length === 0) {
    findings.push(
      warning('prompts and answers are recorded, and ANNOTEL_REDACT=off leaves them unmasked', 'unset ANNOTEL_REDACT'),
    );
  }
  if (options.logLevel === 'none') {
    findings.push(
      warning('OTEL_LOG_LEVEL=none hides every warning of annotel and OpenTelemetry', 'unset OTEL_LOG_LEVEL'),
    );
  }
  if (options.propagators.length === 0) {
    findings.push(warning('OTEL_PROPAGATORS=none: traces of two services do not join', 'unset OTEL_PROPAGATORS'));
  }
  return findings;
}

/** Whether the spool can be written to, and whether corrupt files are in it. */
export const spool: Check = ({ options, env }) => {
  const asked = env.text('ANNOTEL_SPOOL_DIR');
  const { spoolDir: dir } = options;
  if (dir === undefined) {
    if (asked === undefined) return [ok('none: what cannot be exported is held in memory, and lost with the process')];
    return [problem(`ANNOTEL_SPOOL_DIR=${asked} cannot be written to`, 'give the app a folder that it may write to')];
  }
  const files = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : [];
  const corrupt = files.filter((file) => file.endsWith('.corrupt'));
  if (corrupt.length > 0) {
    const where = corrupt.map((file) => join(dir, file)).slice(0, 3);
    return [warning(`corrupt files were set aside (${corrupt.length}), such as ${where.join(', ')}`, 'remove them')];
  }
  return [ok(`${dir} can be written to`)];
};
