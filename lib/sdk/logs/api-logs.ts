import type { LoggerProvider } from '@opentelemetry/api';
import { createNoopLogger, logs } from '@opentelemetry/api';

/** Where every copy of `@opentelemetry/api-logs` looks for its provider, and the version that it asks for. */
const REGISTRY = Symbol.for('io.opentelemetry.js.api.logs');
const VERSION = 1;

type Getter = (version: number) => LoggerProvider;

/** The part of a copy of `@opentelemetry/api-logs` that is used here. */
interface ApiLogs {
  readonly logs?: { setGlobalLoggerProvider?(provider: LoggerProvider): unknown };
}

const holder = globalThis as { [REGISTRY]?: Getter };
const NOTHING: LoggerProvider = { getLogger: () => createNoopLogger() };

/**
 * Lets libraries write to the registered SDK that still write through `@opentelemetry/api-logs`, of which SDK 3 knows
 * nothing: bunyan's instrumentation, the winston transport. Loads nothing; what is registered there already stays.
 *
 * @param resolvers of the app: a copy that it has loaded already may have given out loggers that wait for a provider
 * @returns undoes it
 */
export function bridgeApiLogs(resolvers: readonly NodeJS.Require[]): () => void {
  if (holder[REGISTRY] !== undefined) return () => {};
  const provider = logs.getLoggerProvider();
  for (const resolver of resolvers) loadedCopy(resolver)?.logs?.setGlobalLoggerProvider?.(provider);
  holder[REGISTRY] ??= (version) => (version === VERSION ? provider : NOTHING);
  const ours = holder[REGISTRY];
  return () => {
    if (holder[REGISTRY] === ours) delete holder[REGISTRY];
  };
}

function loadedCopy(resolver: NodeJS.Require): ApiLogs | undefined {
  try {
    return resolver.cache[resolver.resolve('@opentelemetry/api-logs')]?.exports as ApiLogs | undefined;
  } catch {
    return undefined;
  }
}
