import { chmodSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig } from 'rolldown';

const ROOT = import.meta.dirname;
const BIN = 'lib/cli/annotel';
/** Each is built to where its source lies. */
const ENTRIES = [
  'lib/index',
  'lib/testing/index',
  'lib/langchain/index',
  'lib/sdk/index',
  'lib/sdk/register',
  'nest-module/index',
  BIN,
];

// Node looks for, reads and links every file that it imports: few files start faster than many. What several entries use
// goes into chunks that they share, so that what a module keeps is there once in a process, whoever imports it.
export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((name) => [name, join(ROOT, `${name}.ts`)])),
  platform: 'node',
  // Packages stay packages; what the compiler adds of its own is no dependency of anybody's.
  external: /^(?!@oxc-project\/)[a-z@](?!:)/,
  tsconfig: 'tsconfig.json',
  plugins: [startedFiles(), executable()],
  output: {
    dir: 'dist',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'lib/shared/[name].js',
    // Of two functions with one name in a chunk one is renamed; it goes on saying its own name.
    keepNames: true,
    sourcemap: true,
  },
});

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
        const fileName = relative(ROOT, target.id).replace(/\.ts$/, '.js');
        const reference = references.get(fileName) ?? this.emitFile({ type: 'chunk', id: target.id, fileName });
        references.set(fileName, reference);
        code = code.replace(expression, `new URL(import.meta.ROLLUP_FILE_URL_${reference})`);
      }
      return { code, map: null };
    },
  };
}

function executable() {
  return { name: 'executable', writeBundle: () => chmodSync(join(ROOT, 'dist', `${BIN}.js`), 0o755) };
}
