import type {
  Logger,
  LoggerProvider,
  Meter,
  MeterProvider,
  ProxyTracerProvider,
  Tracer,
  TracerProvider,
} from '@opentelemetry/api';
import { NO_LOGGER, NO_METER, NO_TRACERS, registered, registeredByApiLogs } from '../otel.js';
import { safely } from '../safely.js';
import { type Settings, settings } from '../settings.js';
import { CallMetrics } from './call-metrics.js';
import { SCOPE_NAME, SCOPE_VERSION } from './names.js';
import { tellUnheard } from './unheard.js';

const SCHEMA_URL_1_41 = 'https://opentelemetry.io/schemas/1.41.0';

/** Where one call's telemetry goes. */
export interface Signals {
  readonly tracer: Tracer;
  /** Whether the tracer is one of an SDK. */
  readonly tracing: boolean;
  /** Absent where no meter provider is registered. */
  readonly metrics: CallMetrics | undefined;
  readonly logger: Logger;
}

/** What an operation may put around the tracer and the meter that calls are recorded by. */
export interface Wrapping {
  tracer(tracer: Tracer): Tracer;
  meter(meter: Meter): Meter;
}

let wrapping: Wrapping = { tracer: (tracer) => tracer, meter: (meter) => meter };

/** Sets what is put around the tracer and the meter from now on. */
export function wrapSignals(around: Wrapping): void {
  wrapping = around;
}

let tracersSeen: TracerProvider | undefined;
let metersSeen: MeterProvider | undefined;
let loggersSeen: LoggerProvider | undefined;
let settingsSeen: Settings | undefined;
let current: Signals | undefined;
/** Whether an SDK has listened at any time; it may be shut down by now. */
let isHeard = false;

/**
 * The signals that are listened to now, or `undefined` where no SDK is registered. Asked at every call, since an SDK
 * may be registered after a class was decorated, and replaced in tests.
 */
export function activeSignals(): Signals | undefined {
  const { trace: tracersOrProxy, metrics: meters, logs: loggers = registeredByApiLogs() } = registered();
  const tracers = tracersOrProxy && delegateOf(tracersOrProxy);
  const inForce = settings();
  if (tracers !== tracersSeen || meters !== metersSeen || loggers !== loggersSeen || inForce !== settingsSeen) {
    const isFirst = settingsSeen === undefined;
    tracersSeen = tracers;
    metersSeen = meters;
    loggersSeen = loggers;
    settingsSeen = inForce;
    current = resolve(tracers, meters, loggers, inForce);
    isHeard ||= current !== undefined;
    if (isFirst && !isHeard) tellUnheard(() => isHeard || activeSignals() !== undefined);
  }
  return current;
}

/** The API hands out one proxy for all providers; its delegate shows whether an SDK is there. */
function delegateOf(registered: TracerProvider): TracerProvider {
  const proxy = registered as Partial<ProxyTracerProvider>;
  return typeof proxy.getDelegate === 'function' ? proxy.getDelegate() : registered;
}

const ownMeters = new WeakMap<Meter, Meter>();

/** One per meter, however often the settings change. */
function ownMeter(meter: Meter): Meter {
  const known = ownMeters.get(meter) ?? wrapping.meter(meter);
  ownMeters.set(meter, known);
  return known;
}

/** A provider that throws costs its own signal, and neither the others nor the call. */
function resolve(
  tracers: TracerProvider | undefined,
  meters: MeterProvider | undefined,
  loggers: LoggerProvider | undefined,
  inForce: Settings,
): Signals | undefined {
  const scope = inForce.semconv === '1.41' ? { schemaUrl: SCHEMA_URL_1_41 } : undefined;
  const tracer = safely('getting a tracer', () => tracers?.getTracer(SCOPE_NAME, SCOPE_VERSION, scope));
  const counted = safely('getting a meter', () => {
    const meter = meters?.getMeter(SCOPE_NAME, SCOPE_VERSION, scope);
    return meter === undefined || meter === NO_METER ? undefined : CallMetrics.of(ownMeter(meter));
  });
  const logger = safely('getting a logger', () => loggers?.getLogger(SCOPE_NAME, SCOPE_VERSION, scope)) ?? NO_LOGGER;
  const tracing = tracer !== undefined && tracers !== NO_TRACERS;
  if (!tracing && !counted && safely('asking a logger', () => logger.enabled?.()) === false) return undefined;
  return {
    tracer: tracing ? wrapping.tracer(tracer) : NO_TRACERS.getTracer(SCOPE_NAME),
    tracing,
    metrics: counted,
    logger,
  };
}
