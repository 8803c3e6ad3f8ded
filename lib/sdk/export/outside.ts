import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

const untouched = AsyncLocalStorage.snapshot();

/**
 * Exports outside of whatever request happens to set it off: timers and sockets would hold that request's memory, and
 * instrumentations would record the export as a part of it.
 */
export function outside<T>(work: () => T): T {
  return untouched(() => context.with(suppressTracing(ROOT_CONTEXT), work));
}
