import type {
  Context,
  ContextManager,
  DiagLogger,
  Logger,
  LoggerProvider,
  Meter,
  TextMapGetter,
  TextMapSetter,
  TracerProvider,
} from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { registered, registeredByApiLogs } from './registered.js';

/*
 * OpenTelemetry as the app has it, whichever version of the API and of the SDK that is. An app may hold several copies of
 * `@opentelemetry/api`, and none of them reads what an older one has registered; but all of 1.x register in one table of the
 * process. So what records calls asks that table, and the API where the table says nothing: docs/decisions/0052.
 */

export {
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  TraceFlags,
  ValueType,
} from '@opentelemetry/api';

export { registered, registeredByApiLogs } from './registered.js';

// Taken once: at each call, the getters of the API's module would cost more than all that is asked of it.
const { context: contextApi, trace: traceApi, metrics: metricsApi, logs: logsApi, propagation: propagationApi } = api;

export const SpanStatusCode = api.SpanStatusCode;
/** API 1.9 does not have these. https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
export const SeverityNumber = {
  ...{ TRACE: 1, TRACE2: 2, TRACE3: 3, TRACE4: 4 },
  ...{ DEBUG: 5, DEBUG2: 6, DEBUG3: 7 },
  ...{ INFO: 9, INFO2: 10, INFO3: 11 },
  ...{ WARN: 13, ERROR: 17 },
  ...{ FATAL: 21, FATAL2: 22, FATAL3: 23 },
} as const;

export const NO_LOGGER: Logger = { emit: () => {}, enabled: () => false };
const NO_LOGGERS: LoggerProvider = { getLogger: () => NO_LOGGER };

/** As `context` of the API. */
export const context = {
  active: (): Context => contexts().active(),
  with: <A extends unknown[], R>(given: Context, fn: (...args: A) => R, thisArg?: unknown, ...args: A): R =>
    contexts().with(given, fn, thisArg as undefined, ...args),
  bind: <T>(given: Context, target: T): T => contexts().bind(given, target),
};

function contexts(): Pick<ContextManager, 'active' | 'with' | 'bind'> {
  return registered().context ?? contextApi;
}

/** As `trace` of the API. Contexts and span contexts are the same for all copies. */
export const trace: Pick<
  typeof api.trace,
  | 'getTracerProvider'
  | 'getTracer'
  | 'getActiveSpan'
  | 'getSpan'
  | 'getSpanContext'
  | 'setSpan'
  | 'setSpanContext'
  | 'deleteSpan'
  | 'wrapSpanContext'
> = {
  getTracerProvider: (): TracerProvider => registered().trace ?? traceApi.getTracerProvider(),
  getTracer: (name, version) => trace.getTracerProvider().getTracer(name, version),
  getActiveSpan: () => traceApi.getSpan(context.active()),
  getSpan: traceApi.getSpan,
  getSpanContext: traceApi.getSpanContext,
  setSpan: traceApi.setSpan,
  setSpanContext: traceApi.setSpanContext,
  deleteSpan: traceApi.deleteSpan,
  wrapSpanContext: traceApi.wrapSpanContext,
};

/** As `metrics` of the API. */
export const metrics: Pick<typeof api.metrics, 'getMeterProvider' | 'getMeter'> = {
  getMeterProvider: () => registered().metrics ?? metricsApi.getMeterProvider(),
  getMeter: (name, version, options) => metrics.getMeterProvider().getMeter(name, version, options),
};

/** As `logs` of the API, also before API 1.10. */
export const logs: Pick<typeof api.logs, 'getLoggerProvider' | 'getLogger'> = {
  getLoggerProvider: () => registered().logs ?? registeredByApiLogs() ?? logsApi?.getLoggerProvider() ?? NO_LOGGERS,
  getLogger: (name, version, options) => logs.getLoggerProvider().getLogger(name, version, options),
};

/** What there is where no SDK is registered. */
export const NO_TRACERS: TracerProvider = new api.ProxyTracerProvider().getDelegate();
export const NO_METER: Meter = api.createNoopMeter();

/** As `propagation` of the API. */
export const propagation: Pick<
  typeof api.propagation,
  'inject' | 'extract' | 'createBaggage' | 'getBaggage' | 'setBaggage'
> = {
  inject: (from, carrier, setter = api.defaultTextMapSetter as TextMapSetter) =>
    (registered().propagation ?? propagationApi).inject(from, carrier, setter),
  extract: (into, carrier, getter = api.defaultTextMapGetter as TextMapGetter) =>
    (registered().propagation ?? propagationApi).extract(into, carrier, getter),
  createBaggage: propagationApi.createBaggage,
  getBaggage: propagationApi.getBaggage,
  setBaggage: propagationApi.setBaggage,
};

/** As `diag` of the API. */
export const diag: Pick<DiagLogger, 'error' | 'warn' | 'info' | 'debug'> = {
  error: (...message) => registered().diag?.error(...message),
  warn: (...message) => registered().diag?.warn(...message),
  info: (...message) => registered().diag?.info(...message),
  debug: (...message) => registered().diag?.debug(...message),
};
