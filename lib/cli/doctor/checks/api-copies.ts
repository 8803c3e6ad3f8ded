import { type Dirent, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { manifestIn, versionOf } from '../app-manifest.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';

const API = '@opentelemetry/api';
// Deeper, and in more packages, nobody nests.
const DEEPEST = 6;
const MOST_PACKAGES = 50_000;
/** Uses its own copy for types and the clock of its spans, and never registers anything. */
const HARMLESS = join('@azure', 'monitor-opentelemetry-exporter', 'node_modules');

/**
 * All copies of the API in a process share one registry, and the first that touches it decides on its version: with
 * another one nothing is recorded, and nobody says so.
 */
export const apiCopies: Check = ({ folder }) => {
  const own = versionOf(folder, API);
  if (own === undefined) return [problem(`${API} is not installed in this app`, `npm install ${API}@^1.10.0`)];
  const findings: Finding[] = [];
  if (!/^1\.10\./.test(own)) {
    findings.push(problem(`${API} ${own} is not the API that annotel speaks`, `npm install ${API}@^1.10.0`));
  }
  const others = copiesIn(folder).filter(({ version, path }) => version !== own && !path.includes(HARMLESS));
  for (const { version, path } of others.slice(0, 5)) {
    findings.push(
      warning(
        `a second copy, ${version}, is installed in ${path}: if it is used before annotel starts, nothing is recorded`,
        `start annotel first, and let npm ls ${API} show one version where you can`,
      ),
    );
  }
  if (others.length > 5) findings.push(warning(`and ${others.length - 5} more copies`, `npm ls ${API}`));
  return findings.length > 0 ? findings : [ok(`one copy is installed, ${own}`)];
};

interface Copy {
  readonly version: string;
  /** Of the folder that it is installed in, from the app's. */
  readonly path: string;
}

function copiesIn(folder: string): Copy[] {
  const copies: Copy[] = [];
  let packages = 0;
  const visit = (modules: string, depth: number): void => {
    for (const path of packagesIn(modules)) {
      packages += 1;
      if (packages > MOST_PACKAGES) return;
      if (path.endsWith(join('@opentelemetry', 'api'))) {
        const { version } = manifestIn(path);
        if (version !== undefined) copies.push({ version, path: relative(folder, path) });
      } else if (depth < DEEPEST) visit(join(path, 'node_modules'), depth + 1);
    }
  };
  visit(join(folder, 'node_modules'), 0);
  return copies;
}

function packagesIn(modules: string): string[] {
  return foldersIn(modules).flatMap((name) => {
    const path = join(modules, name);
    return name.startsWith('@') ? foldersIn(path).map((scoped) => join(path, scoped)) : [path];
  });
}

/** Not behind links, which may lead in circles, and lead to other apps. */
function foldersIn(path: string): string[] {
  try {
    const entries: Dirent[] = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return [];
  }
}
