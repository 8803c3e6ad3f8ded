import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { copiesIn, isWithin, workspaceRootOf, workspacesOf } from '../../../lib/cli/doctor/app/installed.js';

let root: string;
const write = (path: string, content: unknown) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'annotel-installed-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it.each<[string, string, boolean]>([
  ['1.10.0', '>=1.10.0 <1.11.0', true],
  ['1.9.1', '>=1.10.0 <1.11.0', false],
  ['1.11.0', '>=1.10.0 <1.11.0', false],
  ['3.1.1', '3.1.0', false],
  ['3.1.0', '3.1.0', true],
  ['0.301.4', '^0.301.0', true],
  ['0.302.0', '^0.301.0', false],
  ['0.0.3', '^0.0.2', false],
  ['2.9.0', '^2.1.0', true],
  ['3.0.0', '^2.1.0', false],
  ['2.1.9', '~2.1.3', true],
  ['2.2.0', '~2.1.3', false],
  ['5.2.0', '>=4.0.0 <6', true],
  ['6.0.0', '>=4.0.0 <6', false],
  ['12.1.0', '^11 || ^12', true],
  ['9.9.9', '*', true],
])('%s within %s: %s', (version, range, is) => {
  expect(isWithin(version, range)).toBe(is);
});

it.each<[string, Record<string, unknown>]>([
  ['npm and yarn', { 'package.json': { workspaces: ['packages/*', 'tools'] } }],
  ['yarn of old', { 'package.json': { workspaces: { packages: ['packages/*', 'tools'] } } }],
  [
    'pnpm',
    { 'pnpm-workspace.yaml': 'packages:\n  - "packages/*" # all\n  - tools\n  - "!packages/not"\ncatalog:\n  - x\n' },
  ],
])('the workspaces of %s, and the copies in them', (_what, files) => {
  for (const [path, content] of Object.entries(files)) write(path, content);
  for (const name of ['packages/api', 'packages/web', 'tools']) write(`${name}/package.json`, { name });
  write('node_modules/a/package.json', { name: 'a', version: '1.0.0' });
  write('node_modules/b/node_modules/a/package.json', { name: 'a', version: '1.1.0' });
  write('packages/web/node_modules/a/package.json', { name: 'a', version: '2.0.0' });
  write('node_modules/.pnpm/@s+a@3/node_modules/@s/a/package.json', { name: '@s/a', version: '3.0.0' });
  symlinkSync(join(root, 'packages', 'api'), join(root, 'node_modules', 'api'));
  const folder = join(root, 'packages', 'api');
  expect(workspaceRootOf(folder)).toBe(root);
  expect(
    workspacesOf(root)
      .map((path) => path.slice(root.length + 1))
      .sort(),
  ).toEqual(['packages/api', 'packages/web', 'tools']);
  const copies = copiesIn(folder, (name) => name === 'a' || name === '@s/a');
  expect(copies.map(({ version, path }) => `${version} ${path}`).sort()).toEqual([
    '1.0.0 ../../node_modules/a',
    '1.1.0 ../../node_modules/b/node_modules/a',
    '2.0.0 ../web/node_modules/a',
    '3.0.0 ../../node_modules/.pnpm/@s+a@3/node_modules/@s/a',
  ]);
});
