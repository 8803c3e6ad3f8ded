import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';

/** Resolve as the app does: from the working directory and from the main script, as either may lie outside the other's package. */
export function appResolvers(): NodeJS.Require[] {
  const files = [join(process.cwd(), 'app.js'), process.argv[1] ?? ''].filter(isAbsolute);
  return files.map((file) => createRequire(file));
}

/** Whether a package is found; one that cannot be required (ES module only) is installed all the same. */
export function canResolve(resolver: NodeJS.Require, name: string): boolean {
  try {
    resolver.resolve(name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}

/**
 * What loads a package that annotel does not bring along: it may be installed beside annotel or in the app.
 *
 * @returns `undefined` where it is not installed
 */
export function resolverOf(
  name: string,
  resolvers: readonly NodeJS.Require[] = [createRequire(import.meta.url), ...appResolvers()],
): NodeJS.Require | undefined {
  return resolvers.find((resolver) => canResolve(resolver, name));
}
