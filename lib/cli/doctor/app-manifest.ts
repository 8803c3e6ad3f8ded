import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { canResolve } from '../../sdk/app-packages.js';

/** The parts of a package.json that checks look at. */
interface Manifest {
  readonly version?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a folder; empty where there is none that can be read. */
export function manifestIn(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

/** Whether the app can load a package. */
export function isInstalled(folder: string, name: string): boolean {
  return canResolve(createRequire(join(folder, 'app.js')), name);
}

/** The version of a package that the app can load, looked for as Node does; `undefined` where there is none. */
export function versionOf(folder: string, name: string): string | undefined {
  const paths = createRequire(join(folder, 'app.js')).resolve.paths(name) ?? [];
  return paths.map((path) => manifestIn(join(path, name)).version).find((version) => version !== undefined);
}
