import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { isInstalled } from '../app-manifest.js';
import { type Check, ok, problem, warning } from '../finding.js';

interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
}

const MOST_PARENTS = 10;

/** The decorator mode of the app's compiler. annotel works in both; Nest, and marked parameters, in one. */
export const decorators: Check = ({ folder }) => {
  const file = join(folder, 'tsconfig.json');
  if (!existsSync(file)) return [ok('no tsconfig.json: plain functions and standard decorators work')];
  const options = compilerOptions(file, MOST_PARENTS);
  if (options === undefined) {
    return [warning('tsconfig.json cannot be read, so the decorator mode is not known', 'see that it is valid JSON')];
  }
  const isNest = isInstalled(folder, '@nestjs/core');
  if (options.experimentalDecorators !== true) {
    if (!isNest) return [ok('standard decorators (@SpanAttribute needs "experimentalDecorators": true)')];
    return [
      problem('Nest needs legacy decorators, and tsconfig.json has them off', 'set "experimentalDecorators": true'),
    ];
  }
  if (isNest && options.emitDecoratorMetadata !== true) {
    return [warning('Nest finds its dependencies by metadata, which is off', 'set "emitDecoratorMetadata": true')];
  }
  return [ok('legacy decorators ("experimentalDecorators": true)')];
};

/** With what it extends; `undefined` where something cannot be read. */
function compilerOptions(file: string, parents: number): CompilerOptions | undefined {
  try {
    const config = JSON.parse(withoutComments(readFileSync(file, 'utf8'))) as {
      extends?: string | string[];
      compilerOptions?: CompilerOptions;
    };
    const bases = parents === 0 ? [] : [config.extends ?? []].flat();
    const inherited = bases.map((base) => compilerOptions(pathOf(base, file), parents - 1));
    return Object.assign({}, ...inherited, config.compilerOptions);
  } catch {
    return undefined;
  }
}

function pathOf(base: string, file: string): string {
  const path = isAbsolute(base) || base.startsWith('.') ? join(dirname(file), base) : undefined;
  if (path === undefined) return createRequire(file).resolve(base);
  return existsSync(path) && !path.endsWith('/') ? path : `${path}.json`;
}

/** tsconfig.json may hold comments and commas at the end of a list. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_all, string: string | undefined) => string ?? '')
    .replace(
      /("(?:[^"\\]|\\.)*")|,(\s*[}\]])/g,
      (_all, string: string | undefined, end: string | undefined) => string ?? end ?? '',
    );
}
