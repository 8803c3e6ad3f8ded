export { TelemetryInterceptor } from './telemetry.interceptor.js';
export { Telemetry } from './telemetry.js';
export { TelemetryLogger } from './telemetry.logger.js';
export { TelemetryModule } from './telemetry.module.js';
export type { TelemetryModuleExtras, TelemetryModuleOptions } from './telemetry.module-options.js';
