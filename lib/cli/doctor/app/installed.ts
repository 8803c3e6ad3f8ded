import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { manifestIn, namesIn, textOf } from './files.js';

/** Whether the app can load a package. */
export function isInstalled(folder: string, name: string): boolean {
  return folderOf(folder, name) !== undefined;
}

/** The version of a package that the app can load; `undefined` where there is none. */
export function versionOf(folder: string, name: string): string | undefined {
  const found = folderOf(folder, name);
  return found === undefined ? undefined : manifestIn(found).version;
}

/** What Yarn's Plug'n'Play offers in place of node_modules: https://yarnpkg.com/advanced/pnpapi. */
type PlugAndPlay = { resolveToUnqualified(name: string, issuer: string): string | null } | null;

/** The folder of a package, looked for as Node does from another folder, and without links. */
export function folderOf(from: string, name: string): string | undefined {
  const require = createRequire(join(from, 'app.js'));
  const paths = require.resolve.paths(name) ?? [];
  const found = paths.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
  if (found !== undefined) return realpathSync(found);
  try {
    const yarn = (Module as { findPnpApi?(path: string): PlugAndPlay }).findPnpApi?.(from);
    if (yarn) return yarn.resolveToUnqualified(name, `${from}/`) ?? undefined;
    // A package that names itself.
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The outermost folder that counts this one among its workspaces; the folder itself where there is none. */
export function workspaceRootOf(folder: string): string {
  let root = folder;
  for (let parent = dirname(folder); parent !== dirname(parent); parent = dirname(parent)) {
    if (workspacePatterns(parent).length > 0) root = parent;
  }
  return root;
}

/** The folders of the workspaces of a repository. */
export function workspacesOf(root: string): string[] {
  return workspacePatterns(root).flatMap((pattern) => {
    const [, base = '', star] = /^\.?\/?(.*?)\/?(\*\*?)?$/.exec(pattern) ?? [];
    const folders = star === undefined ? [base] : namesIn(join(root, base)).map((name) => join(base, name));
    return folders.map((path) => join(root, path)).filter((path) => existsSync(join(path, 'package.json')));
  });
}

function workspacePatterns(folder: string): string[] {
  const { workspaces } = manifestIn(folder);
  const { packages } = { ...(workspaces as { packages?: unknown }) };
  const listed = [workspaces, packages].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  const ofPnpm = textOf(join(folder, 'pnpm-workspace.yaml'))
    .split(/^(?=\S)/m)
    .find((part) => part.startsWith('packages:'));
  const patterns = [...(ofPnpm ?? '').matchAll(/^\s*-\s*["']?([^"'\n#]+?)["']?\s*(?:#.*)?$/gm)].map(
    ([, path = '']) => path,
  );
  return [...listed, ...patterns].filter((pattern) => !pattern.startsWith('!'));
}

/** A copy of a package that is installed somewhere below the app or its workspace. */
export interface Copy {
  readonly name: string;
  readonly version: string;
  /** Of its folder, from the app's. */
  readonly path: string;
}

// Bounds on the walk through node_modules.
const DEEPEST = 6;
const MOST_PACKAGES = 50_000;

/** Every copy of the packages that are wanted, in `node_modules` of the app, of its workspace and of the others in that. */
export function copiesIn(folder: string, isWanted: (name: string) => boolean): Copy[] {
  const root = workspaceRootOf(folder);
  const copies = new Map<string, Copy>();
  let packages = 0;
  const visit = (modules: string, depth: number): void => {
    for (const [name, path] of packagesIn(modules)) {
      packages += 1;
      if (packages > MOST_PACKAGES) return;
      const { version } = isWanted(name) ? manifestIn(path) : {};
      if (version !== undefined) copies.set(realpathSync(path), { name, version, path: relative(folder, path) });
      if (depth < DEEPEST) visit(join(path, 'node_modules'), depth + 1);
    }
  };
  for (const place of new Set([folder, root, ...workspacesOf(root)])) {
    visit(join(place, 'node_modules'), 0);
    // pnpm keeps each package in a folder of its own, and links to it.
    const store = join(place, 'node_modules', '.pnpm');
    for (const one of foldersIn(store)) visit(join(store, one, 'node_modules'), DEEPEST);
  }
  return [...copies.values()];
}

function packagesIn(modules: string): [name: string, path: string][] {
  return foldersIn(modules).flatMap((name): [string, string][] => {
    const path = join(modules, name);
    if (name.startsWith('.')) return [];
    if (!name.startsWith('@')) return [[name, path]];
    return foldersIn(path).map((scoped) => [`${name}/${scoped}`, join(path, scoped)]);
  });
}

/** Does not follow links, which may form circles and lead to other apps. */
function foldersIn(path: string): string[] {
  try {
    const entries: Dirent[] = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Whether a version is within a range of the simple kinds: `1.2.3`, `^1.2.3`, `~1.2.3`, `>=1.2 <2`, `||` between them. */
export function isWithin(version: string, range: string): boolean {
  const numbers = numbersOf(version);
  return range.split('||').some((all) =>
    all
      .trim()
      .split(/\s+(?=[<>=^~\d])/)
      .every((one) => {
        const [, sign = '', of = ''] = /^(>=|<=|>|<|\^|~|=)?\s*v?(.*)$/.exec(one.trim()) ?? [];
        if (!/^\d/.test(of)) return true;
        const least = numbersOf(of);
        const order = compare(numbers, least);
        const places = of.split('.').length;
        const same = least.slice(0, places).every((number, index) => number === numbers[index]);
        if (sign === '^')
          return order >= 0 && numbers.slice(0, leading(least)).every((number, index) => number === least[index]);
        if (sign === '~') return order >= 0 && numbers[0] === least[0] && (places < 2 || numbers[1] === least[1]);
        if (sign === '>=') return order >= 0;
        if (sign === '>') return order > 0;
        if (sign === '<=') return order <= 0;
        return sign === '<' ? order < 0 : same;
      }),
  );
}

/** How many numbers a caret holds fast: up to the first that is not 0. */
function leading(numbers: readonly number[]): number {
  return numbers.findIndex((number) => number > 0) + 1 || 3;
}

function numbersOf(version: string): number[] {
  const [main = ''] = version.split(/[-+]/);
  const numbers = main.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at < 0 ? 0 : (one[at] as number) - (other[at] as number);
}
