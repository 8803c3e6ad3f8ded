import type { Attributes } from '@opentelemetry/api';
import {
  type DetectedResource,
  defaultResource,
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { SCOPE_NAME, SCOPE_VERSION } from '../genai/semconv.js';
import { Cleaner } from '../privacy/cleaning/cleaner.js';
import { resolverOf } from './app-packages.js';
import { DETECTOR_PACKAGES, type DetectorName, type ResourceOptions } from './configuration/resource.js';
import { messageOf, warn } from './warnings.js';

const LONGEST_LOOKUP = 5000;

/** The resource. What detectors ask of the network is added later; exporters wait for it, up to five seconds. */
export function createResource(options: ResourceOptions): Resource {
  const detectors = options.detectors.flatMap((name) => detectorsOf(name, options.detectorsChosen)).map(inTime);
  const own: Attributes = {
    'telemetry.distro.name': SCOPE_NAME,
    'telemetry.distro.version': SCOPE_VERSION,
    ...(options.serviceVersion !== undefined && { 'service.version': options.serviceVersion }),
    ...(options.environment !== undefined && { 'deployment.environment.name': options.environment }),
    ...options.attributes,
    ...(options.serviceName !== undefined && { 'service.name': options.serviceName }),
  };
  return defaultResource().merge(detectResources({ detectors })).merge(resourceFromAttributes(own));
}

function detectorsOf(name: DetectorName, chosen: boolean): ResourceDetector[] {
  switch (name) {
    case 'env':
      return [];
    case 'host':
      return [hostDetector];
    case 'os':
      return [osDetector];
    case 'process':
      return [{ detect: chosen ? cleaned : withoutArguments }];
    case 'serviceinstance':
      return [serviceInstanceIdDetector];
    default:
      return installed(name);
  }
}

/** With the arguments of the process, redacted: people pass keys there. */
function cleaned(): DetectedResource {
  return { attributes: new Cleaner([]).attributes(processDetector.detect().attributes as Attributes, 'process') };
}

/** Without the arguments of the process, which may hold keys and names; they are added where the detector is chosen. */
function withoutArguments(): DetectedResource {
  const { attributes = {} } = processDetector.detect();
  const { 'process.command_args': _, 'process.command': __, 'process.owner': ___, ...rest } = attributes;
  return { attributes: rest };
}

/** The metric reader waits for the resource without a timeout: what has not answered after five seconds is left out. */
function inTime(detector: ResourceDetector): ResourceDetector {
  return {
    detect(config) {
      const { attributes = {}, ...rest } = detector.detect(config);
      const found = Object.entries(attributes).map(([name, value]) => [
        name,
        typeof (value as Partial<Promise<unknown>> | null)?.then === 'function'
          ? Promise.race([value, nothingLater()])
          : value,
      ]);
      return { ...rest, attributes: Object.fromEntries(found) };
    },
  };
}

function nothingLater(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, LONGEST_LOOKUP, undefined).unref());
}

function installed(name: DetectorName): ResourceDetector[] {
  const detectors = DETECTOR_PACKAGES[name] ?? name;
  const refuse = (problem: string): ResourceDetector[] => {
    warn(`OTEL_NODE_RESOURCE_DETECTORS names ${name}, but ${detectors} ${problem}; it detects nothing`);
    return [];
  };
  const resolver = resolverOf(detectors);
  if (resolver === undefined) return refuse(`is not installed (npm install ${detectors})`);
  try {
    const exported = Object.values(resolver(detectors) as object);
    return exported.filter((value): value is ResourceDetector => typeof value?.detect === 'function');
  } catch (error) {
    return refuse(`cannot be loaded (${messageOf(error)})`);
  }
}
