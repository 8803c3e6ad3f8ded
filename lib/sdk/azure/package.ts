import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** What annotel uses of the package; its own types would make users without it fail to compile. */
export interface AzurePackage {
  readonly AzureMonitorTraceExporter: new (options: object) => SpanExporter;
  readonly AzureMonitorMetricExporter: new (options: object) => PushMetricExporter;
  readonly AzureMonitorLogExporter: new (options: object) => LogRecordExporter;
}

const NAME = '@azure/monitor-opentelemetry-exporter';
// Exactly: npm takes preview.6, of the year 2020, for newer than every beta.
const VERSION = '1.0.0-beta.45';
const INSTALL = `npm install --save-exact ${NAME}@${VERSION}`;

/**
 * Loads the exporters of Azure Monitor, and keeps the package from reporting on itself.
 *
 * @param from files to look from: the package may be installed beside annotel or in the app
 * @throws Error with a sentence that says what to install
 */
export function loadAzurePackage(from: readonly string[] = whereToLook()): AzurePackage {
  const found = from.map((file) => createRequire(file)).find((require) => canFind(require));
  if (found === undefined) throw new Error(`Azure Monitor needs a package that is not installed; run ${INSTALL}`);
  const { version } = found(`${NAME}/package.json`) as { version: string };
  if (version !== VERSION)
    throw new Error(`${NAME} ${version} is not the version that annotel works with; run ${INSTALL}`);
  const loaded = found(NAME) as AzurePackage;
  keepQuiet(createRequire(found.resolve(NAME)));
  return loaded;
}

function whereToLook(): string[] {
  return [import.meta.url, join(process.cwd(), 'app.js'), process.argv[1] ?? ''].filter(
    (file) => file.startsWith('file:') || isAbsolute(file),
  );
}

function canFind(require: NodeJS.Require): boolean {
  try {
    require.resolve(`${NAME}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/**
 * The package reports its own use to Microsoft (Statsbeat, which also asks the cloud's metadata service who it runs on),
 * adds counts to the user's resource, and polls a server for settings. Only the first two have a switch, and that is an
 * environment variable, which is the user's. So the three are kept from starting.
 */
function keepQuiet(inside: NodeJS.Require): void {
  const nothing = () => {};
  const { StatsbeatManager } = inside('./export/statsbeat/statsbeatManager.js');
  StatsbeatManager.getInstance().initialize = nothing;
  const { CustomerSDKStatsMetrics } = inside('./export/statsbeat/customerSDKStats.js');
  CustomerSDKStatsMetrics.getInstance = async () => undefined;
  const { ConfigurationManager } = inside('./_configuration/configurationManager.js');
  ConfigurationManager.getInstance().initialize = nothing;
}
