import type { InstrumentationName } from '../../sdk/instrumentations.js';

/** A library that is traced by patching it. */
interface TracedLibrary {
  readonly name: string;
  readonly instrumentation: InstrumentationName;
  /** What the instrumentation can patch. `test/unit/cli/traced-libraries.test.ts` fails where that says otherwise. */
  readonly versions: string;
}

export const LIBRARIES: readonly TracedLibrary[] = [
  { name: 'express', instrumentation: 'express', versions: '>=4.0.0 <6' },
  { name: 'pg', instrumentation: 'pg', versions: '>=8.0.3 <9' },
  // Itself up to 3; then by @redis/client, whose version is 1 in redis 4, and since then the same.
  { name: 'redis', instrumentation: 'redis', versions: '>=2.6.0 <7' },
  { name: 'ioredis', instrumentation: 'ioredis', versions: '>=2.0.0 <7' },
  { name: 'pino', instrumentation: 'pino', versions: '>=5.14.0 <11' },
  { name: 'winston', instrumentation: 'winston', versions: '>=3 <4' },
];
