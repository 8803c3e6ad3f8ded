import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a file; empty where there is none that can be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The names of what lies in a folder; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The parts of a package.json that checks look at. */
export interface Manifest {
  readonly version?: string;
  readonly type?: string;
  readonly main?: string;
  readonly engines?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly resolutions?: Readonly<Record<string, unknown>>;
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
  readonly jest?: Readonly<Record<string, unknown>>;
}

/** The package.json of a folder; empty where there is none that can be read. What is of another kind than it should be is left out. */
export function manifestIn(folder: string): Manifest {
  const { scripts, dependencies, devDependencies, ...manifest } = {
    ...(jsonOf(join(folder, 'package.json')) as Manifest),
  };
  return {
    ...manifest,
    scripts: textsIn(scripts),
    dependencies: textsIn(dependencies),
    devDependencies: textsIn(devDependencies),
  };
}

/** Those values of an object that are texts. */
export function textsIn(value: unknown): Record<string, string> {
  const entries = Object.entries({ ...(value as object) });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The object in a JSON file, which may have comments and commas at the end of a list; `undefined` where there is none. */
export function jsonOf(path: string): object | undefined {
  try {
    const value: unknown = JSON.parse(withoutComments(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutComments(text: string): string {
  const keep = (_all: string, kept?: string) => kept ?? '';
  return text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, keep)
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, keep);
}

/** A source of the app. */
export interface SourceFile {
  /** From the app's folder. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const TEST = /(^|[\\/])(tests?|__tests__|__mocks__|e2e|spec|fixtures)[\\/]|\.(test|spec|e2e-spec|d)\.[cm]?[jt]sx?$/;
const NOT_OURS = /^(node_modules|coverage|bower_components|vendor|\..*)$/;
/** What compilers and bundlers write. */
const BUILT = /^(dist|build|out|lib-cov|public|cdk\.out)$/;
// Bounds on the walk.
const MOST_FILES = 4000;
const MOST_BYTES = 1_000_000;

/** The sources of the app without its tests; what was built counts where there is nothing else. */
export function sourcesIn(folder: string): SourceFile[] {
  const written = walk(folder, (name) => !BUILT.test(name));
  const paths = written.length > 0 ? written : walk(folder, () => true);
  return paths.map((path) => ({ path, code: codeOf(textOf(join(folder, path))) }));
}

function walk(folder: string, isWanted: (name: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of entriesIn(join(folder, path))) {
      const inner = join(path, entry.name);
      if (found.length >= MOST_FILES) return;
      if (entry.isDirectory() && !NOT_OURS.test(entry.name) && isWanted(entry.name)) visit(inner);
      if (entry.isFile() && SOURCE.test(entry.name) && !TEST.test(inner) && isSmall(join(folder, inner))) {
        found.push(inner);
      }
    }
  };
  visit('');
  return found;
}

function entriesIn(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isSmall(path: string): boolean {
  try {
    return statSync(path).size <= MOST_BYTES;
  } catch {
    return false;
  }
}

/** Without comments, as far as that can be told without a parser: what stands in quotes stays. */
function codeOf(text: string): string {
  const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/.source;
  return text.replace(
    new RegExp(`(${quoted})|(^|[^:\\\\])//[^\\n]*|/\\*[\\s\\S]*?\\*/`, 'gm'),
    (_all, kept, before) => {
      return kept ?? before ?? '';
    },
  );
}
