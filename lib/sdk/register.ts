/** It is built as CommonJS, and of that only: see `rolldown.config.js`. */
declare const require: NodeJS.Require;

// Loaded for its effect, by `--import` or `-r`, before the app, which runs also where something is missing or broken of what
// telemetry needs. So everything is loaded within this `try`, also where Node is too old for it, and nothing is imported.
try {
  const { isBesideApp } = require('./launchers.cjs') as typeof import('./launchers.js');
  if (!isBesideApp()) require('./preload.cjs');
} catch (error) {
  const [message] = String((error as Error)?.message ?? error).split('\n');
  const { node } = process.versions;
  const reason = Number.parseInt(node, 10) < 22 ? `Node ${node} is older than it needs (22.15), ${message}` : message;
  console.error(`annotel: cannot start telemetry, and the app runs without: ${reason}`);
}

export {};
