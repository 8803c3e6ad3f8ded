import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithThis, freePorts } from './collectors.js';

/** What no back end may see. */
export const LEAKS = ['abcdefghijklmnop1234', 'jane.doe@example.com', 'hunter2', 's3cr3t-in-url', 'to-be-dropped'];
/** Spans of each trace, of two processes: the answer, its HTTP call, the call's server, what it looks up, and the model call. */
export const SPANS = ['Front.answer', 'GET', 'GET', 'Models.lookUp', 'chat gpt-4o'];
const FRONTS = 2;

/**
 * Services that send to the agent: two that answer and two that hold models, so that the spans of each trace come from two processes.
 * `requests` grows: the trace of each finished one, its kind, and when it started and ended (ms since 1970).
 */
export async function traffic(agent, folder, perSecond) {
  const requests = [];
  let complaints = '';
  const ports = await freePorts(FRONTS);
  const models = await Promise.all(ports.map((port, index) => service('models', index, [port])));
  const fronts = await Promise.all(ports.map((port, index) => service('front', index, [port, perSecond / FRONTS])));
  for (const front of fronts) front.on('message', (request) => requests.push(request));

  return { requests, stop };

  async function service(role, index, args) {
    const child = fork(join(import.meta.dirname, 'service.js'), [role, ...args.map(String)], {
      execArgv: ['--import', 'annotel/register'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        OTEL_SERVICE_NAME: role,
        OTEL_EXPORTER_OTLP_ENDPOINT: agent.http,
        // The gateways judge; a service that sampled or kept by rules of its own would hide what they need.
        OTEL_TRACES_SAMPLER: 'parentbased_always_on',
        OTEL_BSP_SCHEDULE_DELAY: '300',
        OTEL_METRIC_EXPORT_INTERVAL: '5000',
        ANNOTEL_SPOOL_DIR: join(folder, `spool-${role}-${index}`),
        // The gateway's own redaction is under test.
        ANNOTEL_REDACT: 'off',
      },
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaints += text;
    });
    endsWithThis(child);
    await once(child, 'message');
    return child;
  }

  /** Ends the services in their normal way; resolves to what they complained of, once what they had to send is sent. */
  async function stop() {
    for (const front of fronts) front.send('stop');
    await sleep(2000);
    for (const child of [...fronts, ...models]) {
      const over = once(child, 'exit');
      child.kill('SIGTERM');
      await over;
    }
    return complaints;
  }
}
