import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { type Declaration, type ModuleItem, parseSync, printSync } from '@swc/core';

export const ROOT = new URL('../../', import.meta.url);

/** A source file as rules see it. */
export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly lines: number;
  /** The file without its comments. */
  readonly code: string;
  /** Packages, and paths of files from the root of the repository without their extension; those of types, too. */
  readonly imports: readonly string[];
  /** Names that it gives to others: of what it declares, and those under which it hands on what has another name elsewhere. */
  readonly exports: readonly string[];
}

export function sourceOf(path: string, text: string): Source {
  const module = parseSync(text, { syntax: 'typescript', decorators: true, target: 'es2022' });
  const { code } = printSync(module);
  const imports: string[] = [];
  const add = (specifier: string): void => {
    const isFile = specifier.startsWith('.');
    imports.push(isFile ? posix.join(posix.dirname(path), specifier).replace(/\.(m|c)?js$/, '') : specifier);
  };
  for (const item of module.body) {
    if (item.type === 'ImportDeclaration' || item.type === 'ExportAllDeclaration') add(item.source.value);
    else if (item.type === 'ExportNamedDeclaration' && item.source) add(item.source.value);
  }
  for (const [, specifier] of code.matchAll(/\b(?:import|require)\(\s*["']([^"']+)["']/g)) add(specifier as string);
  return { path, lines: text.split('\n').length - 1, code, imports, exports: exportsOf(module.body) };
}

function exportsOf(body: readonly ModuleItem[]): string[] {
  const imported = new Set(
    body.flatMap((item) => (item.type === 'ImportDeclaration' ? item.specifiers.map(({ local }) => local.value) : [])),
  );
  const names = body.flatMap((item) => {
    if (item.type === 'ExportDeclaration') return namesOf(item.declaration);
    if (item.type !== 'ExportNamedDeclaration') return [];
    return item.specifiers.flatMap((one) => {
      if (one.type !== 'ExportSpecifier') return [];
      const name = (one.exported ?? one.orig).value;
      const isHandedOn = item.source !== null || imported.has(one.orig.value);
      return isHandedOn && name === one.orig.value ? [] : [name];
    });
  });
  return [...new Set(names)];
}

function namesOf(declaration: Declaration): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.value] : []));
  }
  return [('identifier' in declaration ? declaration.identifier : declaration.id).value];
}

/** Every TypeScript file below the given folders of the repository. */
export function sourcesIn(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
      .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .map((path) => sourceOf(path, readFileSync(new URL(path, ROOT), 'utf8'))),
  );
}
