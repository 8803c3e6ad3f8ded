import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import type { InstrumentationBase } from '@opentelemetry/instrumentation';
import { isWithin } from '../../../lib/cli/doctor/app/installed.js';
import { LIBRARIES } from '../../../lib/cli/doctor/traced-libraries.js';
import { winstonInstrumentation } from '../../../lib/sdk/logs/winston.js';

const require = createRequire(import.meta.url);
type Class = new (config: object) => InstrumentationBase;

function classOf(name: string): Class {
  if (name === 'winston') return winstonInstrumentation() as unknown as Class;
  const exported: Record<string, unknown> = require(`@opentelemetry/instrumentation-${name}`);
  const found = Object.entries(exported).find(([key]) => /Instrumentation$/.test(key));
  return found?.[1] as Class;
}

it.each(LIBRARIES)(
  'the versions of $name that are traced are those that its instrumentation says',
  ({ name, versions }) => {
    const Instrumentation = classOf(name);
    const definitions = new Instrumentation({ enabled: false }).getModuleDefinitions();
    const ranges = definitions.find((definition) => definition.name === name)?.supportedVersions ?? [];
    const client = definitions.find((definition) => definition.name === '@redis/client')?.supportedVersions ?? [];
    for (let major = 1; major < 14; major += 1) {
      for (const version of [`${major}.0.0`, `${major}.99.0`]) {
        const ofClient = name === 'redis' && major > 3 ? (major === 4 ? '1.99.0' : version) : undefined;
        const isTraced =
          ranges.some((range) => isWithin(version, range)) ||
          (ofClient !== undefined && client.some((range) => isWithin(ofClient, range)));
        expect([version, isWithin(version, versions)]).toEqual([version, isTraced]);
      }
    }
  },
);
