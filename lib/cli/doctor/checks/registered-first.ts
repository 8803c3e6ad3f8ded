import { registered } from '../../../sdk/api-copies.js';
import { runningTelemetry } from '../../../sdk/start.js';
import { versionOf } from '../app-manifest.js';
import { type Check, ok, problem } from '../finding.js';

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
