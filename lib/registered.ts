import type {
  ContextManager,
  DiagLogger,
  LoggerProvider,
  MeterProvider,
  TextMapPropagator,
  TracerProvider,
} from '@opentelemetry/api';

// Imports nothing that runs, so that the doctor can look at the table where OpenTelemetry cannot be loaded.

/** What SDKs register in this process, by whichever copy of the API. */
interface Registry {
  readonly version?: string;
  readonly trace?: TracerProvider;
  readonly metrics?: MeterProvider;
  /** Since API 1.10. */
  readonly logs?: LoggerProvider;
  readonly context?: ContextManager;
  readonly propagation?: TextMapPropagator;
  readonly diag?: DiagLogger;
}

const REGISTRY = Symbol.for('opentelemetry.js.api.1');

/** Where SDKs before 3.x register for logs, by `@opentelemetry/api-logs`: a function from the version of that interface. */
const API_LOGS = Symbol.for('io.opentelemetry.js.api.logs');
const API_LOGS_VERSION = 1;

const shared = globalThis as {
  [REGISTRY]?: Registry;
  [API_LOGS]?: (version: number) => LoggerProvider | undefined;
};

const NOTHING: Registry = {};

/** What is registered with OpenTelemetry now, by whomever. */
export function registered(): Registry {
  return shared[REGISTRY] ?? NOTHING;
}

/** What an SDK before 3.x has registered for logs. */
export function registeredByApiLogs(): LoggerProvider | undefined {
  return shared[API_LOGS]?.(API_LOGS_VERSION);
}
