import { createRequire, registerHooks } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Resolve as the app does: from the working directory and from the main script, as either may lie outside the other's package. */
export function appResolvers(): NodeJS.Require[] {
  const files = [join(process.cwd(), 'app.js'), process.argv[1] ?? ''].filter(isAbsolute);
  return files.map((file) => createRequire(file));
}

/** As annotel's own files do; nothing where they are bundled into an ES module. */
export function ownResolver(): NodeJS.Require[] {
  try {
    return [createRequire(import.meta.url)];
  } catch {
    return [];
  }
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
  resolvers: readonly NodeJS.Require[] = [...ownResolver(), ...appResolvers()],
): NodeJS.Require | undefined {
  return resolvers.find((resolver) => canResolve(resolver, name));
}

const require = createRequire(import.meta.url);
const API = '@opentelemetry/api';

/**
 * Loads a package that annotel brings along. Beside an app's older API, npm places some of them where they find that one, with which
 * they do not work: they get annotel's.
 *
 * @param load requires it by its name, for bundlers to see it
 */
export function loadOwn<T extends object>(name: string, load: () => T): T {
  const [api = '', found = ''] = apiFiles(name);
  if (found === api || typeof registerHooks !== 'function') return load();
  const url = pathToFileURL(api).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === API ? { url, format: 'commonjs', shortCircuit: true } : next(specifier, context),
  });
  try {
    return load();
  } finally {
    hooks.deregister();
  }
}

/** Where the API is that annotel has, and that which the package finds. */
function apiFiles(name: string): string[] {
  try {
    return [require.resolve(API), createRequire(require.resolve(name)).resolve(API)];
  } catch {
    // In a bundle, which has one of them.
    return [];
  }
}
