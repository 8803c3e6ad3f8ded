import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ownResolver } from './app-packages.js';

/** A copy of `import-in-the-middle`: what passes through its hooks is patched by those that use this copy, and by nobody else. */
export interface HookCopy {
  /** The folder that it is installed in. */
  readonly folder: string;
  readonly version: string | undefined;
  /** The packages that patch through it. */
  readonly instrumentations: readonly string[];
}

/**
 * The copies of `import-in-the-middle` that instrumentations use, in the order of these. A tree that holds another version of it,
 * or of `@opentelemetry/instrumentation`, may hold one for each instrumentation. Loads none of them; what is not installed is left
 * out.
 *
 * @param instrumentations names of packages that depend on `@opentelemetry/instrumentation`, or its own
 * @param from resolves these; default as annotel does
 */
export function hookCopies(
  instrumentations: readonly string[],
  from: NodeJS.Require | undefined = ownResolver()[0],
): HookCopy[] {
  const users = new Map<string, string[]>();
  for (const name of instrumentations) {
    const folder = folderOfCopy(name, from);
    if (folder !== undefined) users.set(folder, [...(users.get(folder) ?? []), name]);
  }
  return [...users].map(([folder, names]) => ({ folder, version: versionIn(folder), instrumentations: names }));
}

function folderOfCopy(instrumentation: string, from: NodeJS.Require | undefined): string | undefined {
  if (from === undefined) return undefined;
  const base = '@opentelemetry/instrumentation';
  const path = instrumentation === base ? [base] : [instrumentation, base];
  try {
    const user = path.reduce((resolver, name) => createRequire(resolver.resolve(name)), from);
    return dirname(user.resolve('import-in-the-middle'));
  } catch {
    return undefined;
  }
}

function versionIn(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

/** The runtime, where it is not Node: Bun has no module hooks, and with those of Deno modules that require JSON do not load. */
export function runtimeWithoutHooks(): 'Bun' | 'Deno' | undefined {
  const { bun, deno } = process.versions;
  return bun !== undefined ? 'Bun' : deno !== undefined ? 'Deno' : undefined;
}

/**
 * Whether ES modules pass through hooks in the thread that loads them: since Node 22.22.3, 24.11.1 and 25.1. Some earlier ones have
 * such hooks, but break CommonJS modules that are imported (https://github.com/nodejs/node/pull/59929).
 */
export function hooksAreSynchronous(): boolean {
  const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map((part) => Number.parseInt(part, 10));
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 3);
  if (major === 24) return minor > 11 || (minor === 11 && patch >= 1);
  return major > 25 || (major === 25 && minor >= 1);
}
