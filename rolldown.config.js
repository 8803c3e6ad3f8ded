import { chmodSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { defineConfig } from 'rolldown';

const ROOT = import.meta.dirname;
const BIN = 'lib/cli/annotel';
/** What `lib/sdk/start` loads when telemetry is started, in a `try`: OpenTelemetry's SDK does not load with an older API. */
const STARTED = 'lib/sdk/node-sdk';
/** What `lib/sdk/register` loads within a `try`, each a file of its own. */
const TRIED = ['lib/sdk/launchers', 'lib/sdk/preload'];
/** Each is built to where its source lies. */
const ENTRIES = [
  'lib/index',
  'lib/testing/index',
  'lib/langchain/index',
  'lib/sdk/index',
  'lib/sdk/register',
  STARTED,
  ...TRIED,
  'nest-module/index',
];

// Node looks for, reads and links every file that it loads: few files start faster than many, and CommonJS faster than ES
// modules. What several entries use goes into chunks that they share, so that what a module keeps is there once in a process,
// whoever loads it; an ES module of each entry hands on what its CommonJS exports.
const LIBRARY = {
  input: inputOf(ENTRIES),
  platform: 'node',
  // Packages stay packages; what the compiler adds of its own is no dependency of anybody's.
  external: /^(?!@oxc-project\/)[a-z@](?!:)|^\.\/(launchers|preload)\.cjs$|^\.\.\/sdk\/node-sdk\.cjs$/,
  tsconfig: 'tsconfig.json',
  plugins: [
    startedFiles(),
    loadedLate(),
    ownRequire(),
    builtinsInBundles(),
    esModules(ENTRIES.filter((name) => name !== STARTED && !TRIED.includes(name))),
  ],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'lib/shared/[name].cjs',
    // A package that is loaded late comes in the form in which the others have come.
    dynamicImportInCjs: false,
    // Of two functions with one name in a chunk one is renamed; it goes on saying its own name.
    keepNames: true,
    sourcemap: true,
  },
};

// The doctor runs where packages are broken, missing or of another version: it is built on its own, shares no file with the
// library, and what little it uses of OpenTelemetry is in it. See docs/decisions/0056.
const DOCTOR = {
  ...LIBRARY,
  input: inputOf([BIN]),
  external: /^(?!@oxc-project\/|@opentelemetry\/(api|core)$)[a-z@](?!:)/,
  plugins: [startedFiles(), ownRequire(), esModules([BIN]), executable()],
  output: { ...LIBRARY.output, cleanDir: false, chunkFileNames: 'lib/cli/[name].cjs' },
};

export default defineConfig([LIBRARY, DOCTOR]);

function inputOf(entries) {
  return Object.fromEntries(entries.map((name) => [name, join(ROOT, `${name}.ts`)]));
}

/**
 * What a source names by `new URL('./worker.js', import.meta.url)` is started, not imported: it is built to where its source
 * lies, as an entry is, and the address leads there from whichever chunk it ends up in.
 */
function startedFiles() {
  const references = new Map();
  return {
    name: 'started-files',
    buildStart: () => references.clear(),
    async transform(code, id) {
      for (const [expression, path] of code.matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)) {
        const target = await this.resolve(path, id);
        if (target === null) this.error(`${id} starts ${path}, which is not there`);
        const fileName = relative(ROOT, target.id).replace(/\.ts$/, '.cjs');
        const reference = references.get(fileName) ?? this.emitFile({ type: 'chunk', id: target.id, fileName });
        references.set(fileName, reference);
        code = code.replace(expression, `new URL(import.meta.ROLLUP_FILE_URL_${reference})`);
      }
      return { code, map: null };
    },
  };
}

/** A chunk of what is shared lies as far from it as an entry of the SDK's. */
function loadedLate() {
  const early = "import { startNodeSdk } from './node-sdk.js';";
  const late = "const startNodeSdk = (...given) => require('../sdk/node-sdk.cjs').startNodeSdk(...given);";
  return {
    name: 'loaded-late',
    transform(code, id) {
      if (id !== join(ROOT, 'lib/sdk/start.ts')) return null;
      if (!code.includes(early)) this.error(`${id} does not import what is loaded late`);
      return { code: code.replace(early, late), map: null };
    },
  };
}

/** The sources are ES modules, which make themselves a `require`; what is built has one, which bundlers know as well. */
function ownRequire() {
  const made = 'createRequire(import.meta.url)';
  return {
    name: 'own-require',
    transform: (code) => ({
      code: code.replace(`const require = ${made};`, '').replaceAll(made, 'require'),
      map: null,
    }),
  };
}

/** In an ES module, a bundle has no `require` for what comes with Node, and would throw where it is loaded. */
function builtinsInBundles() {
  return {
    name: 'builtins-in-bundles',
    renderChunk: (code) => ({
      code: code.replace(/^(let \w+ = )require\(("node:[\w/]+")\);$/gm, '$1process.getBuiltinModule($2);'),
      map: null,
    }),
  };
}

/** Packages that are ES modules only. Of one that the app is importing just now, Node 22 requires what has not run yet. */
const RUNS_FIRST = /^@nestjs\//;

/** What tests import of OpenTelemetry's API, for `lib/sdk/api-copies.ts`: Jest on Node 22 cannot require it. */
const HAND_OVER_API = [
  "import * as api from '@opentelemetry/api';",
  "globalThis[Symbol.for('annotel.importedApi')] = api;",
];

/** For each entry an ES module with what it exports. */
function esModules(entries) {
  return {
    name: 'es-modules',
    generateBundle(_options, bundle) {
      for (const { isEntry, name, exports, imports } of Object.values(bundle)) {
        if (!isEntry || !entries.includes(name)) continue;
        const file = `./${posix.basename(name)}.cjs`;
        const lines = [
          ...(name === BIN ? ['#!/usr/bin/env node'] : []),
          ...imports.filter((path) => RUNS_FIRST.test(path)).map((path) => `import '${path}';`),
          ...(name === 'lib/testing/index' ? HAND_OVER_API : []),
          exports.length > 0 ? `export { ${exports.toSorted().join(', ')} } from '${file}';` : `import '${file}';`,
        ];
        this.emitFile({ type: 'asset', fileName: `${name}.js`, source: `${lines.join('\n')}\n` });
      }
    },
  };
}

function executable() {
  return { name: 'executable', writeBundle: () => chmodSync(join(ROOT, 'dist', `${BIN}.js`), 0o755) };
}
