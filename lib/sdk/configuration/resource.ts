import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { warnOfValue } from '../warnings.js';
import type { Environment } from './environment.js';

const DETECTORS = ['env', 'host', 'os', 'process', 'serviceinstance', 'container', 'aws', 'azure', 'gcp'] as const;
/** What `OTEL_NODE_RESOURCE_DETECTORS` takes, but `all` and `none`. */
export type DetectorName = (typeof DETECTORS)[number];

/** Packages of detectors that annotel does not bring along. */
export const DETECTOR_PACKAGES: Partial<Record<DetectorName, string>> = {
  container: '@opentelemetry/resource-detector-container',
  aws: '@opentelemetry/resource-detector-aws',
  azure: '@opentelemetry/resource-detector-azure',
  gcp: '@opentelemetry/resource-detector-gcp',
};

/** The resource of all telemetry: which service sends it. See https://opentelemetry.io/docs/specs/semconv/resource/. */
export interface ResourceOptions {
  /** `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, then the name in the app's package.json. */
  readonly serviceName: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`, then the version in the app's package.json. */
  readonly serviceVersion: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`, `APP_ENV`, then `NODE_ENV`. */
  readonly environment: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`, without those above. */
  readonly attributes: Readonly<Record<string, string>>;
  /** `OTEL_NODE_RESOURCE_DETECTORS`. Default `env,serviceinstance,process`, without the arguments of the process. */
  readonly detectors: readonly DetectorName[];
  /** Whether they were chosen: then `process` also adds the arguments of the process. */
  readonly detectorsChosen: boolean;
}

const BY_DEFAULT: readonly DetectorName[] = ['env', 'serviceinstance', 'process'];
// Those of the OpenTelemetry SDK; the others ask the network where they run, and have to be named.
const ALL: readonly DetectorName[] = ['env', 'host', 'os', 'process', 'serviceinstance'];

/**
 * @param mainScript path of the program that runs; its package names the service where nothing else does
 */
export function resourceOptions(
  env: Environment,
  serviceName: string | undefined,
  mainScript: string | undefined,
): ResourceOptions {
  const chosen = env.listOf('OTEL_NODE_RESOURCE_DETECTORS', [...DETECTORS, 'all', 'none'], BY_DEFAULT.join(','));
  const detectors = resolveDetectors(chosen);
  const attributes = detectors.includes('env') ? resourceAttributes(env) : {};
  const manifest = appManifest(mainScript);
  const named = attributes['deployment.environment.name'] ?? attributes['deployment.environment'];
  return {
    serviceName: serviceName ?? env.text('OTEL_SERVICE_NAME') ?? attributes['service.name'] ?? manifest.name,
    serviceVersion: attributes['service.version'] ?? manifest.version,
    environment: named ?? env.text('APP_ENV') ?? env.text('NODE_ENV'),
    attributes,
    detectors,
    detectorsChosen: chosen !== undefined,
  };
}

function resolveDetectors(chosen: readonly (DetectorName | 'all' | 'none')[] | undefined): readonly DetectorName[] {
  if (chosen === undefined) return BY_DEFAULT;
  if (chosen.includes('none')) return [];
  const named = chosen.filter((name): name is DetectorName => name !== 'all' && name !== 'none');
  return chosen.includes('all') ? [...new Set([...ALL, ...named])] : named;
}

/**
 * As https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable says, but an
 * entry that is wrong is left out alone, where the specification discards all of them.
 */
function resourceAttributes(env: Environment): Record<string, string> {
  const variable = 'OTEL_RESOURCE_ATTRIBUTES';
  const entries = (env.text(variable) ?? '').split(',').filter((entry) => entry.trim() !== '');
  const broken: string[] = [];
  const attributes: Record<string, string> = {};
  for (const entry of entries) {
    const [key = '', value, ...more] = entry.split('=').map((part) => decoded(part.trim()));
    if (key === '' || value === undefined || more.length > 0) broken.push(entry.trim());
    else attributes[key] = value;
  }
  if (broken.length > 0) {
    const rest = entries.length > broken.length ? 'the rest' : 'none';
    warnOfValue(variable, broken.join(','), 'name=value, with a comma between two, others percent-encoded', rest);
  }
  return attributes;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The package that the main script belongs to, else that of the working directory. */
function appManifest(mainScript: string | undefined): { name?: string; version?: string } {
  const home = folderOf(mainScript);
  // The main script of a tool lies in node_modules: the service is then the app in whose directory it runs.
  let folder = home?.includes('node_modules') === false ? home : process.cwd();
  for (;;) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      if (typeof name === 'string' && name !== '') {
        return { name, ...(typeof version === 'string' && version !== '' && { version }) };
      }
    } catch {
      // No package here, or none that can be read: the next one up counts.
    }
    const parent = dirname(folder);
    if (parent === folder) return {};
    folder = parent;
  }
}

/** Where the main script lies, be it given as its folder (`node .`), by a link, or without its ending. */
function folderOf(mainScript: string | undefined): string | undefined {
  if (mainScript === undefined) return undefined;
  try {
    const path = realpathSync(mainScript);
    return statSync(path).isDirectory() ? path : dirname(path);
  } catch {
    return dirname(resolve(mainScript));
  }
}
