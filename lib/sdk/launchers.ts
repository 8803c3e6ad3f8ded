import { realpathSync } from 'node:fs';
import * as threads from 'node:worker_threads';

/** Packages whose programs start the app in another process, or do something else beside it. */
const LAUNCHERS = new Set([
  '@dotenvx/dotenvx',
  '@nestjs/cli',
  '@swc/cli',
  '@yarnpkg/cli-dist',
  'chokidar-cli',
  'concurrently',
  'corepack',
  'cross-env',
  'dotenv-cli',
  'env-cmd',
  'foreman',
  'forever',
  'lerna',
  'nodemon',
  'npm',
  'npm-run-all',
  'npm-run-all2',
  'nx',
  'onchange',
  'pnpm',
  'start-server-and-test',
  'tsc-watch',
  'tsx',
  'turbo',
  'typescript',
  'wait-on',
  'wireit',
  'yarn',
]);

/** What runs in a process, as Node tells it. */
export interface RunningProgram {
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
}

/**
 * Whether this process, or this thread, is not the app but loads what `NODE_OPTIONS` names all the same: a launcher that starts
 * the app in a process of its own, and would take its port for metrics. Most programs of packages are the app itself, so that
 * launchers are known by name.
 */
export function isBesideApp({ argv, execArgv }: RunningProgram = process): boolean {
  // Node's own thread of load hooks. Not in each version, nor in other runtimes.
  if ((threads as { isInternalThread?: boolean }).isInternalThread) return true;
  const [, script, ...args] = argv;
  if (script === undefined) return false;
  // The parent of the processes that run the tests.
  if (execArgv.includes('--test') && !execArgv.some((option) => option.endsWith('test-isolation=none'))) return true;
  const file = resolved(script).replaceAll('\\', '/');
  if (/\/(yarn(-[\d.]+)?|pnpm)\.c?js$|\/lib\/cli\/annotel\.js$/.test(file)) return true;
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
  return name !== undefined && (LAUNCHERS.has(name) || startsElsewhere(name, file, args));
}

/** Programs of packages that run the app themselves, or in another process. */
function startsElsewhere(name: string, file: string, args: readonly string[]): boolean {
  if (name === 'pm2') return !/\/ProcessContainer\w*\.js$/.test(file);
  if (name === 'ts-node-dev') return !file.endsWith('/wrap.js');
  if (name === 'next') return file.endsWith('/bin/next') && args[0] !== 'start';
  if (name === 'ts-node') return file.endsWith('-esm.js') || args.includes('--esm');
  return false;
}

/** What a link in `node_modules/.bin` leads to. */
function resolved(script: string): string {
  try {
    return realpathSync(script);
  } catch {
    // In an archive, as with Yarn's Plug'n'Play, or without its ending.
    return script;
  }
}
