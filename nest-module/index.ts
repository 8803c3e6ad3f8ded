export type { FeedbackRoute } from './feedback.controller.js';
export { InjectMeter, InjectTracer } from './inject.js';
export {
  Counter,
  Gauge,
  Histogram,
  ObservableCounter,
  ObservableGauge,
  ObservableUpDownCounter,
  UpDownCounter,
} from './metric-parameters.js';
export { type TelemetryHealth, TelemetryHealthIndicator } from './telemetry.health.js';
export { TelemetryInterceptor } from './telemetry.interceptor.js';
export { Telemetry } from './telemetry.js';
export { TelemetryLogger } from './telemetry.logger.js';
export { TelemetryModule } from './telemetry.module.js';
export type { TelemetryModuleExtras, TelemetryModuleOptions } from './telemetry.module-options.js';
export { TelemetryTestingModule, TestTelemetry } from './telemetry.testing.js';
