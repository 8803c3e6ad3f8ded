import { isInstalled, manifestIn } from '../app-manifest.js';
import { type Check, ok, warning } from '../finding.js';

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
