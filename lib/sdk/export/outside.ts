import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

const untouched = AsyncLocalStorage.snapshot();

/**
 * Runs `work` outside of the request that happens to trigger it, and without tracing: timers and sockets would else keep the
 * context of that request in memory, and instrumentations would record the export as a part of it.
 */
export function outside<T>(work: () => T): T {
  return untouched(() => context.with(suppressTracing(ROOT_CONTEXT), work));
}
