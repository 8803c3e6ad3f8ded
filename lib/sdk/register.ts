import { nothingIsTakenYet } from './api-copies.js';
import { hookedModules } from './instrumentations.js';
import { hookEsModules } from './load-hooks.js';
import { environment } from './options.js';
import { runningTelemetry, startTelemetry } from './start.js';

// Loaded for its effect, by `--import` or `-r`, before the app. No top-level await: `-r` could not load it.
if (runningTelemetry() === undefined && !isTool(process.argv[1] ?? '')) {
  if (isOnlyPreload()) nothingIsTakenYet();
  startTelemetry();
  hookEsModules(hookedModules());
}

/** Whether Node has been told to load this before the app, and nothing beside it. */
function isOnlyPreload(): boolean {
  const options = [environment().text('NODE_OPTIONS') ?? '', ...process.execArgv].join(' ');
  const preloads = [
    ...options.matchAll(/(?:^|[\s"'])(?:--import|--require|-r|--loader|--experimental-loader)[\s=]+["']?(\S+)/g),
  ];
  return preloads.length > 0 && preloads.every(([, name = '']) => /annotel[\\/](dist[\\/].*)?register/.test(name));
}

/** With NODE_OPTIONS the package manager that starts the app loads this as well, and would take the app's port for metrics. */
function isTool(script: string): boolean {
  return (
    /[\\/](npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(-cli)?(\.c?js)?$/.test(script) ||
    /[\\/](node_modules[\\/]\.bin[\\/]annotel|lib[\\/]cli[\\/]annotel\.js)$/.test(script)
  );
}
