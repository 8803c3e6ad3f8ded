import { prints, recorded } from '../expectations.js';
import { MAIN, nodeSdk, SHOP } from '../program.js';

/*
 * The class in TypeScript, through the compilers and bundlers that apps use. A bundle runs in a folder without packages.
 */

const PACKAGES = {
  '@opentelemetry/api': '1.10.0',
  '@opentelemetry/sdk-node': '0.301.0',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-json': '6.1.0',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@swc/cli': '0.8.1',
  '@swc/core': '1.16.22',
  '@vercel/ncc': '0.45.0',
  chokidar: '5.0.0',
  esbuild: '0.28.2',
  rolldown: '1.3.3',
  rollup: '4.68.8',
  tsx: '4.23.15',
  typescript: '5.9.3',
  'typescript-7': 'npm:typescript@7.0.2',
  webpack: '5.113.0',
  'webpack-cli': '7.3.1',
};

const LEGACY = { experimentalDecorators: true };

const tsconfig = (options) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      outDir: 'dist',
      types: [],
      skipLibCheck: true,
      ...options,
    },
    include: ['*.ts'],
  });

/** @param format `module` or `commonjs`, of the app */
const sources = (format, options) => ({
  'shop.ts': SHOP,
  'main.ts': MAIN,
  'otel.mjs': nodeSdk('esm'),
  'package.json': JSON.stringify({ type: format }),
  'tsconfig.json': tsconfig(options),
});

const START = `
import { startTelemetry } from 'annotel/sdk';
const telemetry = startTelemetry();
Object.assign(globalThis, { stopTelemetry: () => telemetry.shutdown() });
void import('./main.js');
`;

const TESTING = `
import { captureTelemetry } from 'annotel/testing';
import { Shop } from './shop.js';
const telemetry = captureTelemetry();
void new Shop().answer('What do you sell?').then(() => console.log('captured', telemetry.spans.length));
`;

/** What is bundled, and how it is started. */
const ENTRIES = {
  annotel: { entry: 'main', preload: '--import ./otel.mjs ' },
  'annotel/sdk': { entry: 'start' },
  'annotel/register': { entry: 'register' },
  'annotel/testing': { entry: 'testing', expect: prints(/^captured 2$/m) },
};

/** What esbuild needs for any package that is CommonJS and requires what comes with Node. */
export const BANNER = `"--banner:js=import{createRequire as r}from'node:module';const require=r(import.meta.url);"`;
const ESBUILD = 'esbuild ENTRY.ts --bundle --platform=node --log-level=warning --outdir=OUT';

const BUNDLERS = [
  { name: 'esbuild', command: `${ESBUILD} --format=cjs` },
  { name: 'esbuild, minified', command: `${ESBUILD} --format=cjs --minify`, outer: /^\w+\.answer$/ },
  { name: 'esbuild, minified, keepNames', command: `${ESBUILD} --format=cjs --minify --keep-names` },
  {
    name: 'esbuild, ES module with a banner',
    command: `${ESBUILD} --format=esm --out-extension:.js=.mjs ${BANNER}`,
    extension: 'mjs',
  },
  {
    name: 'webpack 5',
    command: 'tsc && webpack --env entry=ENTRY -o OUT -c webpack.config.cjs',
  },
  {
    name: 'ncc',
    command: 'tsc && ncc build dist/ENTRY.js --quiet -o OUT && cp OUT/index.js OUT/ENTRY.js',
    format: 'commonjs',
  },
  { name: 'rolldown', command: 'rolldown ENTRY.ts --platform node --format cjs --dir OUT' },
  {
    name: 'rolldown, ES module',
    command: 'rolldown ENTRY.ts --platform node --format esm --dir OUT',
    extension: 'mjs',
  },
  {
    name: 'rollup, ES module',
    command: 'tsc && rollup dist/ENTRY.js -c rollup.config.mjs --dir OUT',
    extension: 'mjs',
  },
];

const CONFIGURATIONS = {
  'webpack.config.cjs': `
    module.exports = ({ entry }) => ({
      target: 'node',
      mode: 'production',
      optimization: { minimize: false },
      entry: { [entry]: './dist/' + entry + '.js' },
      output: { filename: '[name].js' },
    });
  `,
  'rollup.config.mjs': `
    import commonjs from '@rollup/plugin-commonjs';
    import json from '@rollup/plugin-json';
    import resolve from '@rollup/plugin-node-resolve';
    export default { plugins: [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs({ ignoreDynamicRequires: true }), json()] };
  `,
};

export const COMPILERS = [
  {
    name: 'compiled by',
    packages: PACKAGES,
    cells: [
      compiled('tsc 5, legacy decorators', sources('module', LEGACY), 'tsc'),
      compiled('tsc 5, legacy decorators, CommonJS', sources('commonjs', LEGACY), 'tsc'),
      compiled('tsc 5, standard decorators', sources('module'), 'tsc'),
      compiled('tsc 7, standard decorators', sources('commonjs'), 'node ../node_modules/typescript-7/bin/tsc'),
      compiled('swc, legacy decorators', swc({ legacyDecorator: true }), 'swc *.ts -d dist -q'),
      compiled('swc, standard decorators', swc({ decoratorVersion: '2022-03' }), 'swc *.ts -d dist -q'),
      { name: 'tsx', files: sources('module', LEGACY), run: ['tsx --import ./otel.mjs main.ts'] },
      { name: 'tsx, annotel/register', files: sources('commonjs'), run: ['tsx --import annotel/register main.ts'] },
    ],
  },
  {
    name: 'bundled by',
    packages: PACKAGES,
    cells: BUNDLERS.flatMap((bundler) => Object.entries(ENTRIES).map(([name, entry]) => bundled(bundler, name, entry))),
  },
];

function compiled(name, files, command) {
  return { name, files, run: [command, 'node --import ./otel.mjs dist/main.js'] };
}

function swc(transform) {
  const jsc = { parser: { syntax: 'typescript', decorators: true }, target: 'es2022', transform };
  return { ...sources('module'), '.swcrc': JSON.stringify({ jsc, module: { type: 'es6' } }) };
}

function bundled({ name, command, extension = 'js', format = 'module', outer }, what, { entry, preload = '', expect }) {
  const out = `../../bundles/${`${name} ${what}`.replace(/\W+/g, '-')}`;
  return {
    name: `${name}: ${what}`,
    files: {
      ...sources(format, LEGACY),
      'start.ts': START,
      'register.ts': "import 'annotel/register';\nimport './main.js';\n",
      'testing.ts': TESTING,
      ...CONFIGURATIONS,
    },
    run: [
      command.replaceAll('OUT', out).replaceAll('ENTRY', entry),
      ...(extension === 'mjs' ? [`echo '{"type":"module"}' > ${out}/package.json`] : []),
      `node ${preload}${out}/${entry}.${name.startsWith('esbuild') ? extension : 'js'}`,
    ],
    // Where annotel starts, it says that a minifier has named the class.
    expect:
      expect ?? recorded({ names: { outer: outer ?? 'Shop.answer', inner: 'chat gpt-4o-mini' }, mayWarn: !!outer }),
  };
}
