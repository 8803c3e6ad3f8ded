import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import type { App } from '../app/app.js';
import { jsonOf } from '../app/files.js';
import { versionOf } from '../app/installed.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';
import { DECORATED } from './start.js';

interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
}

const MOST_PARENTS = 10;

/** The decorator mode of the app's compilers. annotel works in both; Nest, and marked parameters, in one. */
export const decorators: Check = ({ app }) => [
  ...compiler(app),
  ...leftByEsbuild(app),
  ...metadata(app),
  ...swc(app),
  ...mocked(app),
];

function compiler(app: App): Finding[] {
  const file = join(app.folder, 'tsconfig.json');
  if (!existsSync(file)) return [ok('no tsconfig.json: plain functions and standard decorators work')];
  const options = compilerOptions(file, MOST_PARENTS);
  if (options === undefined) {
    return [warning('tsconfig.json cannot be read, so the decorator mode is not known', 'see that it is valid JSON')];
  }
  const isNest = app.needs('@nestjs/core');
  if (options.experimentalDecorators !== true) {
    if (isNest) {
      return [
        problem(
          'Nest needs legacy decorators, and tsconfig.json has them off',
          'set "experimentalDecorators": true',
          'app',
        ),
      ];
    }
    const typescript = versionOf(app.folder, 'typescript') ?? '';
    if (/^[34]\./.test(typescript)) {
      return [
        problem(
          `TypeScript ${typescript} knows legacy decorators only, and tsconfig.json has them off`,
          'set "experimentalDecorators": true, or npm install typescript@5 or newer',
          'app',
        ),
      ];
    }
    if (app.sourceWith(/@SpanAttribute\s*\(/) !== undefined) {
      return [
        problem(
          '@SpanAttribute marks parameters, which standard decorators cannot, and tsconfig.json has legacy ones off',
          'set "experimentalDecorators": true',
          'app',
        ),
      ];
    }
    return [ok('standard decorators (@SpanAttribute needs "experimentalDecorators": true)')];
  }
  if (isNest && options.emitDecoratorMetadata !== true) {
    return [warning('Nest finds its dependencies by metadata, which is off', 'set "emitDecoratorMetadata": true')];
  }
  return [ok('legacy decorators ("experimentalDecorators": true)')];
}

/** With what it extends; `undefined` where something cannot be read. */
function compilerOptions(file: string, parents: number): CompilerOptions | undefined {
  const config = jsonOf(file) as { extends?: string | string[]; compilerOptions?: CompilerOptions } | undefined;
  if (config === undefined) return undefined;
  const bases = parents === 0 ? [] : [config.extends ?? []].flat();
  const inherited = bases.map((base) => {
    const path = pathOf(base, file);
    return path === undefined ? undefined : compilerOptions(path, parents - 1);
  });
  // What is missing might have said it.
  if (inherited.includes(undefined) && config.compilerOptions?.experimentalDecorators === undefined) return undefined;
  return Object.assign({}, ...inherited, config.compilerOptions);
}

function pathOf(base: string, file: string): string | undefined {
  if (isAbsolute(base) || base.startsWith('.')) {
    const path = isAbsolute(base) ? base : join(dirname(file), base);
    return existsSync(path) && path.endsWith('.json') ? path : `${path}.json`;
  }
  for (const name of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      return createRequire(file).resolve(name);
    } catch {
      // The next form of the name.
    }
  }
  return undefined;
}

/** Without a target, esbuild leaves standard decorators as they are, and no Node knows them. */
function leftByEsbuild(app: App): Finding[] {
  const script = Object.entries(app.manifest.scripts ?? {}).find(([, text]) => /\besbuild\b/.test(text));
  const file = app.sources.find(({ code }) => /['"]esbuild['"]/.test(code));
  const text = `${script?.[1] ?? ''} ${file?.code ?? ''}`;
  if (text.trim() === '' || /--target|\btarget\s*:/.test(text) || app.sourceWith(DECORATED) === undefined) return [];
  const options = compilerOptions(join(app.folder, 'tsconfig.json'), MOST_PARENTS);
  if (options?.experimentalDecorators === true) return [];
  return [
    problem(
      `${script === undefined ? file?.path : `the script "${script[0]}"`}: esbuild has no target, and leaves decorators as they are, which Node does not know`,
      '--target=node22 (or target: "node22")',
      'app',
    ),
  ];
}

/** tsx and esbuild translate decorators, and emit none of the metadata by which Nest finds its dependencies. */
function metadata(app: App): Finding[] {
  if (!app.needs('@nestjs/core')) return [];
  const command = app.commands.find(
    ({ launcher, options }) => launcher === 'tsx' || options.some((word) => /\btsx\b/.test(word)),
  );
  if (command === undefined) return [];
  return [
    warning(
      `${command.where} runs a Nest app by tsx, which emits no decorator metadata: Nest injects undefined`,
      'run what tsc or swc has compiled: node --import annotel/register dist/main.js',
    ),
  ];
}

function swc(app: App): Finding[] {
  const config = jsonOf(join(app.folder, '.swcrc')) as
    | {
        jsc?: {
          parser?: { syntax?: string; decorators?: boolean };
          transform?: { legacyDecorator?: boolean; decoratorMetadata?: boolean; decoratorVersion?: string };
        };
      }
    | undefined;
  if (config === undefined) return [];
  const { parser = {}, transform = {} } = config.jsc ?? {};
  if (parser.decorators !== true) {
    return [problem('.swcrc has decorators off', 'set jsc.parser.decorators: true', 'app')];
  }
  const isNest = app.needs('@nestjs/core');
  if (isNest && !(transform.legacyDecorator === true && transform.decoratorMetadata === true)) {
    return [
      problem(
        'Nest needs legacy decorators and their metadata, and .swcrc has them off',
        'set jsc.transform: { "legacyDecorator": true, "decoratorMetadata": true }',
        'app',
      ),
    ];
  }
  if (
    transform.legacyDecorator !== true &&
    transform.decoratorVersion !== undefined &&
    transform.decoratorVersion !== '2022-03'
  ) {
    const version = transform.decoratorVersion;
    if (version < '2022-03') {
      return [
        problem(`.swcrc has decorators of ${version}, an old draft`, 'set jsc.transform.decoratorVersion: "2022-03"'),
      ];
    }
  }
  return [];
}

/** A test runner that puts something else in place of annotel or OpenTelemetry. */
function mocked(app: App): Finding[] {
  const ofManifest = JSON.stringify(app.manifest.jest ?? {});
  const configs = [
    { path: 'package.json', code: ofManifest },
    ...app.sources.filter(({ path }) => /^(jest|vitest)\.config\.[cm]?[jt]s$/.test(path)),
    { path: 'jest.config.json', code: app.text('jest.config.json') },
  ];
  return configs.flatMap(({ path, code }): Finding[] => {
    const mapper = /(moduleNameMapper|alias)["']?\s*:\s*\{[^}]*?["'][^"']*(annotel|@opentelemetry)/.exec(code);
    if (mapper === null) return [];
    return [
      warning(
        `${path} puts something else in place of ${mapper[2]} in tests (${mapper[1]}), so that captureTelemetry() sees nothing there`,
        `leave ${mapper[2]} out of ${mapper[1]}: without an SDK the decorators do nothing in tests`,
      ),
    ];
  });
}
