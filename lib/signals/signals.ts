import type { Logger, Meter, Tracer, TracerProvider } from '@opentelemetry/api';
import { createNoopLogger, createNoopMeter, logs, metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { safely } from '../safely.js';
import { type Settings, settings } from '../settings.js';
import { absorbForeignMetrics } from './foreign-metrics.js';
import { absorbForeignSpans } from './foreign-spans.js';
import { Instruments } from './metrics.js';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.js';

const SCHEMA_URL_1_41 = 'https://opentelemetry.io/schemas/1.41.0';

/** Where one call's telemetry goes. */
export interface Signals {
  readonly tracer: Tracer;
  /** Whether the tracer is one of an SDK. */
  readonly tracing: boolean;
  /** Absent where no meter provider is registered. */
  readonly instruments: Instruments | undefined;
  readonly logger: Logger;
}

const NO_DELEGATE = new ProxyTracerProvider().getDelegate();

/**
 * Where every copy of the API, of any version 1.x, registers what an SDK sets. It is only looked at to see that something has
 * changed; what is registered is asked of the API itself.
 */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');
const globals = globalThis as { [REGISTRY]?: { readonly [signal in 'trace' | 'metrics' | 'logs']?: object } };

let traceSeen: object | undefined;
let metricsSeen: object | undefined;
let logsSeen: object | undefined;
let settingsSeen: Settings | undefined;
let current: Signals | undefined;

/**
 * The signals that are listened to now, or `undefined` where no SDK is registered. Asked at every call, since an SDK
 * may be registered after a class was decorated, and replaced in tests.
 */
export function activeSignals(): Signals | undefined {
  const registry = globals[REGISTRY];
  if (registry === undefined) return undefined;
  const chosen = settings();
  if (
    registry.trace !== traceSeen ||
    registry.metrics !== metricsSeen ||
    registry.logs !== logsSeen ||
    chosen !== settingsSeen
  ) {
    traceSeen = registry.trace;
    metricsSeen = registry.metrics;
    logsSeen = registry.logs;
    settingsSeen = chosen;
    current = resolve(chosen);
  }
  return current;
}

/** The API hands out one proxy for all providers; what tells whether an SDK is there is its delegate. */
function delegateOf(provider: TracerProvider): TracerProvider {
  const proxy = provider as Partial<ProxyTracerProvider>;
  return typeof proxy.getDelegate === 'function' ? proxy.getDelegate() : provider;
}

const ownMeters = new WeakMap<Meter, Meter>();

/** One per meter, however often the settings change. */
function ownMeter(meter: Meter): Meter {
  const known = ownMeters.get(meter) ?? absorbForeignMetrics(meter);
  ownMeters.set(meter, known);
  return known;
}

/** A provider that throws costs its own signal, and neither the others nor the call. */
function resolve(chosen: Settings): Signals | undefined {
  const scope = chosen.semconv === '1.41' ? { schemaUrl: SCHEMA_URL_1_41 } : undefined;
  const tracers = safely('finding the tracer provider', () => delegateOf(trace.getTracerProvider())) ?? NO_DELEGATE;
  const tracer = safely('getting a tracer', () => tracers.getTracer(SCOPE_NAME, SCOPE_VERSION, scope));
  const instruments = safely('getting a meter', () => {
    const meter = metrics.getMeterProvider().getMeter(SCOPE_NAME, SCOPE_VERSION, scope);
    return meter === createNoopMeter() ? undefined : new Instruments(ownMeter(meter), chosen.semconv);
  });
  const logger =
    safely('getting a logger', () => logs.getLogger(SCOPE_NAME, SCOPE_VERSION, scope)) ?? createNoopLogger();
  const tracing = tracer !== undefined && tracers !== NO_DELEGATE;
  if (!tracing && !instruments && safely('asking a logger', () => logger.enabled()) === false) return undefined;
  return {
    tracer: tracing ? absorbForeignSpans(tracer) : NO_DELEGATE.getTracer(SCOPE_NAME),
    tracing,
    instruments,
    logger,
  };
}
