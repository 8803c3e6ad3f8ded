import { hooksAreSynchronous } from '../../../sdk/load-hooks.js';
import { LEAST_NODE, nodeIsTooOld } from '../../../sdk/start.js';
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
