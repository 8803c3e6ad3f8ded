import { nothingIsTakenYet } from './api-copies.js';
import { hookedModules } from './instrumentations.js';
import { hookEsModules } from './load-hooks.js';
import { environment } from './options.js';
import { runningTelemetry, startTelemetry } from './start.js';

// What `annotel/register` does. No top-level await: `-r` could not load it.
if (runningTelemetry() === undefined) {
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
