import { recorded } from '../expectations.js';
import { MAIN, nodeSdk, program, SHOP } from '../program.js';

const SDK_3 = { '@opentelemetry/api': '1.10.0', '@opentelemetry/sdk-node': '0.301.0' };
const FILES = {
  'otel.mjs': nodeSdk('esm'),
  'main.mjs': program('esm'),
  'main.cjs': program('cjs'),
  'register.mjs': "import 'annotel/register';\n",
};
const TYPESCRIPT = {
  ...FILES,
  'shop.ts': SHOP,
  'main.ts': MAIN.replace('./shop.js', './shop.ts'),
  'tsconfig.json': JSON.stringify({ compilerOptions: { experimentalDecorators: true } }),
};
const VERSIONS = [22, 24, 26];

/** What runs the app. The binaries are packages: npm has each version of Node for each platform. */
export const RUNTIMES = [
  {
    name: 'Node',
    packages: {
      ...SDK_3,
      ...Object.fromEntries(VERSIONS.map((v) => [`node${v}`, `npm:node-${process.platform}-${process.arch}@${v}`])),
    },
    cells: VERSIONS.flatMap((version) => {
      const cell = (name, command) => ({
        name: `${version}, ${name}`,
        files: FILES,
        run: [`$NODE ${command}`],
        in: 'app',
      });
      return [
        cell('its own SDK', '--import ./otel.mjs main.mjs'),
        cell('annotel/register, ES module', '--import annotel/register main.mjs'),
        cell('annotel/register, CommonJS', '--require annotel/register main.cjs'),
      ].map((it) => ({ ...it, env: { NODE: `../node_modules/node${version}/bin/node` } }));
    }),
  },
  {
    name: 'Bun 1',
    packages: { ...SDK_3, bun: '1.4.5' },
    cells: [
      { name: 'its own SDK', files: FILES, run: ['bun --preload ./otel.mjs main.mjs'] },
      { name: 'its own SDK, CommonJS', files: FILES, run: ['bun --preload ./otel.mjs main.cjs'] },
      { name: 'TypeScript, its own SDK', files: TYPESCRIPT, run: ['bun --preload ./otel.mjs main.ts'] },
      {
        name: 'annotel/register',
        files: FILES,
        run: ['bun --preload annotel/register main.mjs'],
        expect: recorded({ mayWarn: true }),
      },
    ],
  },
  {
    name: 'Deno 2',
    packages: { ...SDK_3, deno: '2.9.6' },
    cells: [
      { name: 'its own SDK', files: FILES, run: ['deno run -A --preload ./otel.mjs main.mjs'] },
      {
        name: 'annotel/register',
        files: FILES,
        run: ['deno run -A --preload ./register.mjs main.mjs'],
        expect: recorded({ mayWarn: true }),
      },
    ],
  },
];
