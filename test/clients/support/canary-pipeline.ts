import { format } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { startTelemetry, type Telemetry } from '../../../lib/sdk/index.js';
import { configure, rethrowFaults, type Settings, settings } from '../../../lib/settings.js';
import { Collector } from '../../support/sdk-collector.js';

/** Everything that leaves the process while a test runs. */
export interface Outlet {
  /** By OTLP, per signal, complete. */
  exported(): Promise<Record<'traces' | 'logs' | 'metrics', Buffer>>;
  /** What was printed on stdout and stderr. */
  printed(): Buffer;
}

/**
 * Telemetry as an app has it: the SDK started from the environment, exporting by OTLP to a local receiver, with the tree on
 * the console and the most talkative diagnostics. Nothing is redacted: only what is not recorded at all is safe.
 */
export function useOutlet(protocol: 'http/json' | 'http/protobuf', changes: Partial<Settings> = {}): Outlet {
  let collector: Collector;
  let telemetry: Telemetry;
  let output: string[] = [];
  const before = settings();
  const variables = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_LOG_LEVEL: 'debug' };

  beforeAll(async () => {
    Object.assign(process.env, variables);
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        output.push(String(text));
        return true;
      });
    }
    for (const method of ['debug', 'info', 'log', 'warn', 'error'] as const) {
      jest.spyOn(console, method).mockImplementation((...args) => {
        output.push(format(...args));
      });
    }
    collector = await Collector.start();
    telemetry = startTelemetry({
      endpoint: collector.url,
      console: 'tree',
      manualShutdown: true,
      settings: { redact: [], ...changes },
    });
    rethrowFaults(true);
  });
  beforeEach(async () => {
    await telemetry.flush();
    collector.requests.length = 0;
    output = [];
  });
  afterEach(() => telemetry.flush());
  afterAll(async () => {
    await telemetry.shutdown();
    await collector.close();
    rethrowFaults(false);
    configure(before);
    jest.restoreAllMocks();
    for (const name of Object.keys(variables)) delete process.env[name];
  });

  return {
    async exported() {
      await telemetry.flush();
      const of = (signal: string) =>
        Buffer.concat(collector.requests.filter(({ path }) => path === `/v1/${signal}`).map(({ body }) => body));
      return { traces: of('traces'), logs: of('logs'), metrics: of('metrics') };
    },
    printed: () => Buffer.from(output.join('')),
  };
}
