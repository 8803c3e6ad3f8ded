import { existsSync } from 'node:fs';
import { createRequire, findPackageJSON, Module, register as registerAsynchronous } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HookCopy, hookCopies, hooksAreSynchronous, runtimeWithoutHooks } from './hook-copies.js';
import { messageOf, warn } from './warnings.js';

const require = createRequire(import.meta.url);

/**
 * Lets the instrumentations patch ES modules. Only those named pass through the hooks: each one costs start-up time.
 *
 * @param modules the ES modules that are patched, by the package that patches them
 */
export function hookEsModules(modules: ReadonlyMap<string, readonly string[]>): void {
  const runtime = runtimeWithoutHooks();
  if (runtime !== undefined) return warn(limitsOf(runtime, [...modules.values()].flat()));
  // A module passes through the hooks of one copy, and only what uses that copy sees it: each module has the copy of its
  // instrumentation, and no module has two.
  const failed = new Map<string, string[]>();
  for (const copy of hookCopies([...modules.keys()])) {
    const include = copy.instrumentations.flatMap((name) => modules.get(name) ?? []);
    try {
      hookThrough(copy, include);
    } catch (error) {
      const reason = messageOf(error);
      failed.set(reason, [...(failed.get(reason) ?? []), ...include]);
    }
  }
  for (const [reason, names] of failed)
    warn(`cannot trace ${names.join(', ')} where imported as ES modules: ${reason}`);
}

/** What is required is patched in both, and Deno requires what is imported as well, where it is CommonJS. */
function limitsOf(runtime: 'Bun' | 'Deno', libraries: readonly string[]): string {
  const imported = runtime === 'Bun' && libraries.length > 0;
  const also = imported ? `, and libraries may not be where they are imported (${libraries.join(', ')})` : '';
  return `in ${runtime}, which has no usable module hooks, fetch is not traced${also}; decorated calls and node:http are`;
}

function hookThrough({ folder }: HookCopy, include: string[]): void {
  const inThread = join(folder, 'register-hooks.mjs');
  // Versions before 3.1 do not have it.
  if (hooksAreSynchronous() && existsSync(inThread)) {
    const { register } = require(inThread) as { register(options: { include: string[] }): void };
    register({ include });
  } else hookAsynchronously(pathToFileURL(join(folder, 'hook.mjs')).href, include);
}

/** Hooks in a thread of their own. It loads what `-r` names, and telemetry would start there once more. */
function hookAsynchronously(hooks: string, include: string[]): void {
  const { isPreloading } = Module.prototype as unknown as NodeJS.Module;
  if (!isPreloading) registerAsynchronous(silently(hooks), { data: { include } });
  else if (isEsModule(process.argv[1])) throw new Error('start with --import annotel/register in place of --require');
}

function isEsModule(script: string | undefined): boolean {
  if (script === undefined) return false;
  if (/\.[cm][jt]s$/.test(script)) return /\.m[jt]s$/.test(script);
  try {
    const manifest = findPackageJSON(pathToFileURL(script));
    return manifest !== undefined && (require(manifest) as { type?: string }).type === 'module';
  } catch {
    // It is named without its ending, as is often done with CommonJS.
    return false;
  }
}

/** Each copy takes it for a mistake that another one has been initialized in its thread, and warns of it. */
function silently(hooks: string): string {
  const source = `import { initialize as start, load, resolve } from ${JSON.stringify(hooks)};
    export { load, resolve };
    export function initialize(data) {
      delete globalThis.__import_in_the_middle_initialized__;
      return start(data);
    }`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
