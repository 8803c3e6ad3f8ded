import { type Dirent, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AZURE_PACKAGE } from '../../../sdk/azure/package.js';
import { DETECTOR_PACKAGES } from '../../../sdk/resource.js';
import { isInstalled, manifestIn, versionOf } from '../app-manifest.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';

const API = '@opentelemetry/api';
// Bounds on the walk through node_modules.
const DEEPEST = 6;
const MOST_PACKAGES = 50_000;
/** Uses its own copy for types and the clock of its spans, and never registers anything. */
const HARMLESS = join('@azure', 'monitor-opentelemetry-exporter', 'node_modules');

/**
 * All copies of the API in a process share one registry, whose version is that of the copy that registers first; through a copy of
 * another version nothing is recorded, without an error.
 */
export const apiCopies: Check = ({ folder }) => {
  const own = versionOf(folder, API);
  if (own === undefined) return [problem(`${API} is not installed in this app`, `npm install ${API}@^1.10.0`)];
  const findings: Finding[] = [];
  if (!/^1\.10\./.test(own)) {
    findings.push(problem(`${API} ${own} is not the API that annotel speaks`, `npm install ${API}@^1.10.0`));
  }
  const others = copiesIn(folder).filter(({ version, path }) => version !== own && !path.includes(HARMLESS));
  for (const { version, path } of others.slice(0, 5)) {
    findings.push(
      warning(
        `a second copy, ${version}, is installed in ${path}: if it is used before annotel starts, nothing is recorded`,
        `start annotel first, and let npm ls ${API} show one version where you can`,
      ),
    );
  }
  if (others.length > 5) findings.push(warning(`and ${others.length - 5} more copies`, `npm ls ${API}`));
  return findings.length > 0 ? findings : [ok(`one copy is installed, ${own}`)];
};

interface Copy {
  readonly version: string;
  /** Of the folder that it is installed in, from the app's. */
  readonly path: string;
}

function copiesIn(folder: string): Copy[] {
  const copies: Copy[] = [];
  let packages = 0;
  const visit = (modules: string, depth: number): void => {
    for (const path of packagesIn(modules)) {
      packages += 1;
      if (packages > MOST_PACKAGES) return;
      if (path.endsWith(join('@opentelemetry', 'api'))) {
        const { version } = manifestIn(path);
        if (version !== undefined) copies.push({ version, path: relative(folder, path) });
      } else if (depth < DEEPEST) visit(join(path, 'node_modules'), depth + 1);
    }
  };
  visit(join(folder, 'node_modules'), 0);
  return copies;
}

function packagesIn(modules: string): string[] {
  return foldersIn(modules).flatMap((name) => {
    const path = join(modules, name);
    return name.startsWith('@') ? foldersIn(path).map((scoped) => join(path, scoped)) : [path];
  });
}

/** Does not follow links, which may form circles and lead to other apps. */
function foldersIn(path: string): string[] {
  try {
    const entries: Dirent[] = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Packages that the configuration needs and annotel does not bring along. */
export const optionalPackages: Check = ({ folder, options, env }) => {
  const findings: Finding[] = [];
  if (options.azureConnectionString !== undefined) {
    const { name, version, install } = AZURE_PACKAGE;
    const found = versionOf(folder, name);
    if (found !== version) {
      const seen = found === undefined ? 'is not installed' : `is ${found}, which annotel was not made for`;
      findings.push(problem(`APPLICATIONINSIGHTS_CONNECTION_STRING is set, but ${name} ${seen}`, install));
    }
  }
  const wanted = options.resource.detectors.flatMap((detector) => DETECTOR_PACKAGES[detector] ?? []);
  if (env.text('ANNOTEL_ESTIMATE_TOKENS')?.toLowerCase() === 'true') wanted.push('gpt-tokenizer');
  for (const name of wanted) {
    if (versionOf(folder, name) === undefined) {
      findings.push(problem(`${name} is asked for, but is not installed`, `npm install ${name}`));
    }
  }
  return findings.length > 0 ? findings : [ok('whatever the configuration needs is installed')];
};

const FIRST = 'load annotel first (--require annotel/register, in front of its own)';

/** Packages that register tracing of their own when the app loads them. */
const AGENTS: Readonly<Record<string, string>> = {
  '@azure/monitor-opentelemetry':
    'it brings SDK 2 and API 1.9, beside which annotel records nothing; use APPLICATIONINSIGHTS_CONNECTION_STRING instead',
  applicationinsights:
    'it registers an OpenTelemetry SDK of its own; use APPLICATIONINSIGHTS_CONNECTION_STRING instead',
  '@sentry/node': `${FIRST}, and pass skipOpenTelemetrySetup: true to Sentry.init()`,
  'dd-trace': `${FIRST}, and leave DD_TRACE_OTEL_ENABLED unset; the Datadog Agent takes OTLP`,
  newrelic: `${FIRST}; New Relic takes OTLP`,
  'elastic-apm-node': `${FIRST}; Elastic takes OTLP`,
  '@opentelemetry/auto-instrumentations-node': 'annotel/register does the same; leave out its own register',
  '@traceloop/node-server-sdk':
    'it registers an SDK of its own, which takes the place of annotel if it is loaded first',
};

/** Who else might be the first to register. */
export const otherAgents: Check = ({ folder }) => {
  const { dependencies = {} } = manifestIn(folder);
  const found = Object.entries(AGENTS).filter(([name]) => name in dependencies && isInstalled(folder, name));
  if (found.length === 0) return [ok('none among the dependencies of this app')];
  return found.map(([name, mend]) => warning(`${name} is a dependency, and may register before annotel`, mend));
};
