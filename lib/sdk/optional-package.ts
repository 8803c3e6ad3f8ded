import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';

/**
 * A package that annotel does not bring along, and the app has installed for it: looked for from annotel's own place, from
 * the working directory and from the main script, since any of them may lie outside the others' packages.
 *
 * @throws an Error that says how to install it
 */
export function optionalPackage<T>(name: string, version?: string): T {
  const roots = [import.meta.url, join(process.cwd(), 'app.js'), process.argv[1] ?? ''];
  for (const root of roots.filter((root) => root.startsWith('file:') || isAbsolute(root))) {
    try {
      return createRequire(root)(name) as T;
    } catch (error) {
      // One that is there and cannot be loaded is another matter.
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    }
  }
  const exact = version === undefined ? name : `--save-exact ${name}@${version}`;
  throw new Error(`${name} is not installed: npm install ${exact}`);
}
