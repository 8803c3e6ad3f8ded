import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isBesideApp } from '../../../lib/sdk/launchers.js';

describe('programs that are not the app', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'annotel-launchers-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const isBeside = (script?: string, args: string[] = [], execArgv: string[] = []) =>
    isBesideApp({ argv: ['/usr/bin/node', ...(script === undefined ? [] : [script]), ...args], execArgv });

  it.each([
    ['/usr/lib/node_modules/npm/bin/npm-cli.js'],
    ['/usr/lib/node_modules/corepack/dist/npx.js'],
    ['/root/.cache/node/corepack/v1/pnpm/10.1.0/bin/pnpm.cjs'],
    ['/app/.yarn/releases/yarn-4.5.0.cjs'],
    ['/app/node_modules/tsx/dist/cli.mjs', ['app.ts']],
    ['/app/node_modules/.pnpm/tsx@4.0.0/node_modules/tsx/dist/cli.mjs', ['app.ts']],
    ['C:\\app\\node_modules\\@nestjs\\cli\\bin\\nest.js', ['start', '--watch']],
    ['/app/node_modules/nodemon/bin/nodemon.js', ['app.js']],
    ['/app/node_modules/concurrently/dist/bin/concurrently.js'],
    ['/app/node_modules/ts-node/dist/bin-esm.js', ['app.ts']],
    ['/app/node_modules/ts-node/dist/bin.js', ['--esm', 'app.ts']],
    ['/app/node_modules/next/dist/bin/next', ['dev']],
    ['/app/node_modules/ts-node-dev/lib/bin.js', ['app.ts']],
    ['/usr/lib/node_modules/pm2/bin/pm2', ['start', 'app.js']],
    ['/usr/lib/node_modules/pm2/lib/Daemon.js'],
    ['/app/node_modules/annotel/dist/lib/cli/annotel.js', ['doctor']],
    ['/app/app.test.js', [], ['--test']],
  ])('%s %j', (script, args: string[] = [], execArgv: string[] = []) => {
    expect(isBeside(script, args, execArgv)).toBe(true);
  });

  it.each([
    [undefined],
    ['/app/dist/main.js', ['npm', 'tsx']],
    ['/app/tsx/dist/cli.mjs'],
    ['/app/node_modules/ts-node/dist/bin.js', ['app.ts']],
    ['/app/node_modules/next/dist/bin/next', ['start']],
    ['/app/node_modules/next/dist/server/lib/start-server.js'],
    ['/app/node_modules/ts-node-dev/lib/wrap.js', ['app.ts']],
    ['/usr/lib/node_modules/pm2/lib/ProcessContainer.js'],
    ['/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js'],
    ['/app/node_modules/@google-cloud/functions-framework/build/src/main.js'],
    ['/app/node_modules/tsx/node_modules/other/bin.js'],
    ['/app/app.test.js', [], ['--test', '--test-isolation=none']],
    ['/app/main.js', [], ['--test-timeout=1']],
  ])('and not: %s %j', (script, args: string[] = [], execArgv: string[] = []) => {
    expect(isBeside(script, args, execArgv)).toBe(false);
  });

  it('are found behind the links by which they are started', () => {
    const file = (path: string) => {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), '');
    };
    const link = (name: string, target: string) => {
      mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
      symlinkSync(target, join(folder, 'node_modules/.bin', name));
    };
    file('node_modules/tsx/dist/cli.mjs');
    file('node_modules/server/bin/tsx.js');
    link('tsx', '../tsx/dist/cli.mjs');
    link('npm', '../server/bin/tsx.js');
    expect(isBeside(join(folder, 'node_modules/.bin/tsx'))).toBe(true);
    expect(isBeside(join(folder, 'node_modules/.bin/npm'))).toBe(false);
  });
});
