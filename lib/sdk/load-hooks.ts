import { Module, register as registerAsynchronous } from 'node:module';
import { register, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';

/** Whether ES modules pass through hooks in the thread that loads them, as since Node 22.22.3 and 24.11.1. */
export function hooksAreSynchronous(): boolean {
  return supportsSyncHooks();
}

/** Lets the instrumentations patch ES modules. Only those named pass through the hook: each one costs start-up time. */
export function hookEsModules(include: string[]): void {
  if (include.length === 0) return;
  if (supportsSyncHooks()) {
    register({ include });
    return;
  }
  // Before Node 22.22.3 and 24.11.1 hooks run in a thread of their own, which loads what `-r` names: it would start there again.
  const { isPreloading } = Module.prototype as unknown as NodeJS.Module;
  if (!isPreloading) registerAsynchronous('import-in-the-middle/hook.mjs', import.meta.url, { data: { include } });
}
