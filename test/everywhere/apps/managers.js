import { nodeSdk, program } from '../program.js';

/* Other package managers than npm, with the app that asks most of them: its API is older than the one that annotel needs for itself. */

const PACKAGES = { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-node': '0.223.0' };
const FILES = {
  'otel.mjs': nodeSdk('esm'),
  'main.mjs': program('esm'),
  'otel.cjs': nodeSdk('cjs'),
  'main.cjs': program('cjs'),
};
const YARN = 'npx --yes --package @yarnpkg/cli-dist@4.18.1 yarn';
const yarnrc = (linker) => `
nodeLinker: ${linker}
enableTelemetry: false
enableImmutableInstalls: false
enableGlobalCache: true
npmMinimalAgeGate: 0
`;

export const MANAGERS = [
  {
    name: 'pnpm 10, strict',
    packages: PACKAGES,
    files: { '.npmrc': 'strict-peer-dependencies=true\nhoist=false\nminimum-release-age=0\n' },
    install: ['npx --yes pnpm@10.34.9 install --prefer-offline --reporter=append-only'],
    cells: cells('node'),
  },
  {
    name: 'Yarn 1',
    packages: PACKAGES,
    install: ['npx --yes yarn@1.22.22 install --prefer-offline --silent --no-lockfile'],
    cells: cells('node'),
  },
  {
    name: 'Yarn 4, node_modules',
    packages: PACKAGES,
    files: { '.yarnrc.yml': yarnrc('node-modules') },
    install: [`${YARN} install`],
    cells: cells('node'),
  },
  {
    name: 'Yarn 4, Plug’n’Play',
    packages: PACKAGES,
    files: { '.yarnrc.yml': yarnrc('pnp') },
    install: [`${YARN} install`],
    cells: cells(`${YARN} node`),
  },
];

function cells(node) {
  return [
    { name: 'ES module', in: '.', files: FILES, run: [`${node} --import ./otel.mjs main.mjs`] },
    { name: 'CommonJS', in: '.', files: FILES, run: [`${node} -r ./otel.cjs main.cjs`] },
    { name: 'annotel/register', in: '.', files: FILES, run: [`${node} --import annotel/register main.mjs`] },
  ];
}
