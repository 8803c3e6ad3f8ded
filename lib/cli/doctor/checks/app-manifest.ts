import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The parts of an app's package.json that tell how it runs. */
export interface AppManifest {
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a folder; empty where there is none that can be read. */
export function appManifest(folder: string): AppManifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as AppManifest;
  } catch {
    return {};
  }
}

/** Whether the app can load a package. */
export function isInstalled(folder: string, name: string): boolean {
  try {
    createRequire(join(folder, 'app.js')).resolve(name);
    return true;
  } catch (error) {
    // A package that cannot be required (ES module only) is installed all the same.
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}

/** The version of a package that the app can load, looked for as Node does; `undefined` where there is none. */
export function versionOf(folder: string, name: string): string | undefined {
  const paths = createRequire(join(folder, 'app.js')).resolve.paths(name) ?? [];
  for (const path of paths) {
    try {
      return (JSON.parse(readFileSync(join(path, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      // Not in this folder: the next one counts.
    }
  }
  return undefined;
}
