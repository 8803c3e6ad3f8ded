import { afterEach, expect, it, jest } from '@jest/globals';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { guardPatches } from '../../../lib/sdk/patch-guard.js';
import { listen } from '../../support/sdk-stderr.js';

afterEach(() => {
  jest.restoreAllMocks();
});

interface Part {
  readonly name: string;
  patch?(exports: unknown, version?: string): unknown;
}
type Internals = { readonly _modules: readonly (Part & { readonly files: readonly Part[] })[] };

/* What `guardPatches` reaches into is not public: this fails when OpenTelemetry builds its instrumentations otherwise. */
it.each([
  ['an instrumentation', new PgInstrumentation({ enabled: false })],
  ['one that is made of others', new RedisInstrumentation({ enabled: false })],
])('keeps the patches of %s from ending the app that loads what they cannot patch', (_what, instrumentation) => {
  const said = listen();
  guardPatches(instrumentation);
  const all = [instrumentation, ...Object.values(instrumentation)] as unknown as (Internals | undefined)[];
  const parts = all.flatMap((one) => one?._modules ?? []).flatMap((library) => [library, ...library.files]);
  const library = Object.freeze({});
  const patches = parts.flatMap((part) => (part.patch ? [part.patch.bind(part)] : []));
  expect(patches.length).toBeGreaterThan(0);
  for (const patch of patches) expect(patch(library, '3.1.2')).toBe(library);
  expect(said).toContainEqual(expect.stringMatching(/^annotel: cannot instrument \S+ 3\.1\.2, which is not traced: /));
});
