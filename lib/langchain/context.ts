import type { Context } from '@opentelemetry/api';
import { context } from '../otel.js';
import { safely } from '../safely.js';

/*
 * LangChain runs the code of tools, lambdas and graph nodes in an `AsyncLocalStorage` of its own, which it registers globally
 * and which holds the run that the code belongs to. Whatever it runs there runs in the context of that run as well, so that
 * decorated methods, database clients and HTTP calls in there are the run's children.
 */

/** Where LangChain and LangSmith register the storage, and where in it the config of what runs stands. */
const STORAGE = Symbol.for('ls:tracing_async_local_storage');
const CHILD_CONFIG = Symbol.for('lc:child_config');
const CARRIES = Symbol.for('annotel.langchain.carries');

interface Storage {
  run(store: unknown, callback: unknown, ...args: unknown[]): unknown;
  [CARRIES]?: true;
}

const registry = globalThis as { [STORAGE]?: Storage };

/** @param contextFor the context of a run; `undefined` where it is not known */
export function carryContext(contextFor: (runId: string | undefined) => Context | undefined): void {
  const storage = registry[STORAGE];
  if (!storage || storage[CARRIES] || typeof storage.run !== 'function') return;
  const { run } = storage;
  storage[CARRIES] = true;
  storage.run = function (this: Storage, ...args) {
    const carried = safely('carrying the context of a LangChain run', () => contextFor(runIn(args[0])));
    return carried ? context.with(carried, () => run.apply(this, args)) : run.apply(this, args);
  };
}

/** The run that a store of LangChain's belongs to: its callback manager makes children of it. */
function runIn(store: unknown): string | undefined {
  if (typeof store !== 'object' || store === null) return undefined;
  const { extra } = store as { extra?: { [CHILD_CONFIG]?: { callbacks?: { getParentRunId?(): unknown } } } };
  const id = extra?.[CHILD_CONFIG]?.callbacks?.getParentRunId?.();
  return typeof id === 'string' ? id : undefined;
}
