import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { messageOf, warn } from './warnings.js';

/** The part of an instrumentation that is reached into here. `getModuleDefinitions()` makes new ones each time. */
interface Internals {
  readonly _modules?: readonly InstrumentationModuleDefinition[];
}

/**
 * Keeps the patches of an instrumentation from throwing: they run where the app loads a library, and would end that. The library
 * stays as it is. What is reached into is not public: of an instrumentation that is built otherwise, patches are not guarded;
 * `test/unit/sdk/patch-guard.test.ts` fails when that happens.
 *
 * @param instrumentation one, or one that is made of others
 */
export function guardPatches(instrumentation: Instrumentation): void {
  for (const one of [instrumentation, ...Object.values(instrumentation)] as (Internals | undefined)[]) {
    if (!Array.isArray(one?._modules)) continue;
    for (const library of one._modules as InstrumentationModuleDefinition[]) {
      for (const part of [library, ...library.files]) guard(part, library.name);
    }
  }
}

function guard(part: Pick<InstrumentationModuleDefinition, 'patch'>, name: string): void {
  const { patch } = part;
  if (patch === undefined) return;
  part.patch = (exports: unknown, version?: string) => {
    try {
      return patch.call(part, exports, version);
    } catch (error) {
      warn(`cannot instrument ${[name, version].join(' ').trim()}, which is not traced: ${messageOf(error)}`);
      return exports;
    }
  };
}
