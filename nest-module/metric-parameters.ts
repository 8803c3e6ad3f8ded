import { createParamDecorator } from '@nestjs/common';
import type * as api from '@opentelemetry/api';
import { metrics } from '../lib/otel.js';
import { APP_SCOPE } from './telemetry.js';

type Instrument = Exclude<keyof api.Meter, 'addBatchObservableCallback' | 'removeBatchObservableCallback'>;

let provider: api.MeterProvider | undefined;
let instruments = new Map<string, unknown>();

/** One instrument for a name, however many handlers ask for it. */
function instrumentOf(create: Instrument, name: string, options?: api.MetricOptions): unknown {
  const registered = metrics.getMeterProvider();
  if (registered !== provider) instruments = new Map();
  provider = registered;
  const known = instruments.get(name) ?? registered.getMeter(APP_SCOPE)[create](name, options);
  instruments.set(name, known);
  return known;
}

type MetricParameter = (name: string, options?: api.MetricOptions) => ParameterDecorator;

function parameter(create: Instrument): MetricParameter {
  const decorator = createParamDecorator(({ name, options }: { name: string; options?: api.MetricOptions }) =>
    instrumentOf(create, name, options),
  );
  return (name, options) => decorator(options ? { name, options } : { name });
}

/**
 * Hands a handler a counter of OpenTelemetry's, made at its first request and then the same for every handler that names it.
 * Outside of handlers, `Telemetry.meter` makes instruments.
 *
 * @example
 * ```ts
 * @Get()
 * home(@Counter('home.visits', { description: 'Visits of the home page' }) visits: Counter) {
 *   visits.add(1);
 * }
 * ```
 */
export const Counter: MetricParameter = parameter('createCounter');
export type Counter = api.Counter;

/** As {@link Counter}, for a counter that may go down. */
export const UpDownCounter: MetricParameter = parameter('createUpDownCounter');
export type UpDownCounter = api.UpDownCounter;

/** As {@link Counter}, for a histogram. */
export const Histogram: MetricParameter = parameter('createHistogram');
export type Histogram = api.Histogram;

/** As {@link Counter}, for a gauge that is recorded. */
export const Gauge: MetricParameter = parameter('createGauge');
export type Gauge = api.Gauge;

/** As {@link Counter}, for a counter that is observed: add its callback once. */
export const ObservableCounter: MetricParameter = parameter('createObservableCounter');
export type ObservableCounter = api.ObservableCounter;

/** As {@link Counter}, for a counter that may go down and is observed. */
export const ObservableUpDownCounter: MetricParameter = parameter('createObservableUpDownCounter');
export type ObservableUpDownCounter = api.ObservableUpDownCounter;

/** As {@link Counter}, for a gauge that is observed. */
export const ObservableGauge: MetricParameter = parameter('createObservableGauge');
export type ObservableGauge = api.ObservableGauge;
