import { hookedModules } from './instrumentations.js';
import { hookEsModules } from './load-hooks.js';
import { runningTelemetry, startTelemetry } from './start.js';

// Loaded for its effect, by `--import` or `-r`, before the app. No top-level await: `-r` could not load it.
if (runningTelemetry() === undefined) {
  startTelemetry();
  hookEsModules(hookedModules());
}
