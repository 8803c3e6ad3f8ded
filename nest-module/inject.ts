import { Inject } from '@nestjs/common';

export const TRACER = Symbol.for('annotel.nest.tracer');
export const METER = Symbol.for('annotel.nest.meter');

/**
 * Injects OpenTelemetry's `Tracer` of the app, the same as `Telemetry.tracer`.
 *
 * @example
 * ```ts
 * constructor(@InjectTracer() private readonly tracer: Tracer) {}
 * ```
 */
export function InjectTracer(): ParameterDecorator & PropertyDecorator {
  return Inject(TRACER);
}

/** Injects OpenTelemetry's `Meter` of the app, the same as `Telemetry.meter`. */
export function InjectMeter(): ParameterDecorator & PropertyDecorator {
  return Inject(METER);
}
