import { createRequire, Module, register as registerAsynchronous } from 'node:module';
import { messageOf, warn } from './warnings.js';

const require = createRequire(import.meta.url);

/** Whether ES modules pass through hooks in the thread that loads them, as since Node 22.22.3 and 24.11.1. */
export function hooksAreSynchronous(): boolean {
  return hooks().supportsSyncHooks();
}

/** Lets the instrumentations patch ES modules. Only those named pass through the hook: each one costs start-up time. */
export function hookEsModules(include: string[]): void {
  if (include.length === 0) return;
  try {
    const { register, supportsSyncHooks } = hooks();
    if (supportsSyncHooks()) register({ include });
    else hookAsynchronously(include);
  } catch (error) {
    // As in a bundle, of which it cannot be a part.
    warn(`cannot instrument ES modules: ${messageOf(error)}`);
  }
}

function hooks(): typeof import('import-in-the-middle/register-hooks.mjs') {
  return require('import-in-the-middle/register-hooks.mjs');
}

/** Hooks in a thread of their own. It loads what `-r` names, and telemetry would start there once more. */
function hookAsynchronously(include: string[]): void {
  const { isPreloading } = Module.prototype as unknown as NodeJS.Module;
  if (!isPreloading) registerAsynchronous('import-in-the-middle/hook.mjs', import.meta.url, { data: { include } });
}
