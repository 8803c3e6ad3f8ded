import { createRequire } from 'node:module';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { resolverOf } from '../app-packages.js';

/** What annotel uses of the package; its own types would make users without it fail to compile. */
export interface AzurePackage {
  readonly AzureMonitorTraceExporter: new (options: object) => SpanExporter;
  readonly AzureMonitorMetricExporter: new (options: object) => PushMetricExporter;
  readonly AzureMonitorLogExporter: new (options: object) => LogRecordExporter;
}

/** The package, in the one version that is known: what is done here reaches into it. */
export const AZURE_PACKAGE = {
  name: '@azure/monitor-opentelemetry-exporter',
  version: '1.0.0-beta.45',
  // npm takes preview.6, of the year 2020, for newer than every beta.
  install: 'npm install --save-exact @azure/monitor-opentelemetry-exporter@1.0.0-beta.45',
} as const;

/**
 * Loads the exporters of Azure Monitor, and keeps the package from reporting on itself.
 *
 * @param resolvers where to look for it. Default: annotel, the working directory, the main script
 * @throws Error with a sentence that says what to install
 */
export function loadAzurePackage(resolvers?: readonly NodeJS.Require[]): AzurePackage {
  const { name, install } = AZURE_PACKAGE;
  const resolver = resolverOf(`${name}/package.json`, resolvers);
  if (resolver === undefined) throw new Error(`${name} is not installed; run ${install}`);
  const { version } = resolver(`${name}/package.json`) as { version: string };
  if (version !== AZURE_PACKAGE.version) {
    throw new Error(`${name} ${version} is not the version that annotel works with; run ${install}`);
  }
  const loaded = resolver(name) as AzurePackage;
  keepQuiet(createRequire(resolver.resolve(name)));
  return loaded;
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
