import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registered } from '../../../otel.js';
import { hooksAreSynchronous } from '../../../sdk/hook-copies.js';
import { LEAST_NODE, nodeIsTooOld, runningTelemetry } from '../../../sdk/start.js';
import { manifestIn, versionOf } from '../app-manifest.js';
import { type Check, ok, problem, warning } from '../finding.js';

/** annotel and the OpenTelemetry SDK need `require` of ES modules, and load hooks. */
export const nodeVersion: Check = () => {
  const { node } = process.versions;
  if (nodeIsTooOld()) {
    return [problem(`Node ${node} is older than annotel needs`, `run the app with Node ${LEAST_NODE} or newer`)];
  }
  if (hooksAreSynchronous()) return [ok(`Node ${node}`)];
  return [
    warning(
      `Node ${node} has no synchronous load hooks, so ES modules are patched by a thread, and not with -r`,
      'start with --import annotel/register, or use Node 22.22.3, 24.11.1 or newer',
    ),
  ];
};

const PRELOAD = 'annotel/register';
const FILES = ['Dockerfile', 'Procfile', 'compose.yaml', 'docker-compose.yml', 'ecosystem.config.js', 'nest-cli.json'];

/** Whether anything that starts the app loads telemetry before it: what is loaded earlier is not patched. */
export const startCommand: Check = ({ folder, env }) => {
  if (env.text('NODE_OPTIONS')?.includes(PRELOAD)) return [ok(`NODE_OPTIONS loads ${PRELOAD}`)];
  const scripts = Object.entries(manifestIn(folder).scripts ?? {});
  const script = scripts.find(([, command]) => command.includes(PRELOAD));
  if (script) return [ok(`the script "${script[0]}" loads ${PRELOAD}`)];
  const file = FILES.find((name) => textOf(join(folder, name)).includes(PRELOAD));
  if (file) return [ok(`${file} loads ${PRELOAD}`)];
  return [
    warning(
      `neither NODE_OPTIONS nor a script of package.json loads ${PRELOAD}: databases, caches and Express are traced only if it is loaded before them`,
      `start the app with: node --import ${PRELOAD} dist/main.js`,
    ),
  ];
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// Node runs every --require before any --import.
const FIRST = 'load annotel before it: NODE_OPTIONS="--require annotel/register …", in front of every other --require';

/**
 * Who has registered with the OpenTelemetry API in this process, which has the app's NODE_OPTIONS: whatever they load was
 * there before the app would be.
 */
export const registeredFirst: Check = ({ folder }) => {
  if (runningTelemetry() !== undefined) return [ok('annotel does, by NODE_OPTIONS')];
  const { version, trace, metrics, logs } = registered();
  const providers = [trace, metrics, logs].filter((provider) => provider !== undefined) as object[];
  const own = versionOf(folder, '@opentelemetry/api');
  if (version !== undefined && own !== undefined && version !== own) {
    return [
      problem(
        `something that NODE_OPTIONS loads used @opentelemetry/api ${version} before annotel's ${own}: nothing would be recorded`,
        `${FIRST}, or leave the other one out`,
      ),
    ];
  }
  if (providers.length > 0) {
    const names = [...new Set(providers.map(nameOf))].join(', ');
    return [
      problem(
        `something that NODE_OPTIONS loads registers an OpenTelemetry SDK of its own (${names}): annotel would start none`,
        `${FIRST}, or let that SDK export what the decorators emit`,
      ),
    ];
  }
  return [ok('nobody has registered before the app starts')];
};

/** The API wraps the tracer provider that it is given. */
function nameOf(provider: object): string {
  const inner = (provider as { getDelegate?(): object }).getDelegate?.() ?? provider;
  return inner.constructor.name;
}
