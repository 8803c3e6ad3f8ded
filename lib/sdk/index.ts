export type { TelemetryOptions } from './options.js';
export { nameServerSpan } from './server-span.js';
export { runningTelemetry, startTelemetry } from './start.js';
export type { Telemetry } from './stop.js';
