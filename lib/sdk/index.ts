export type { TelemetryOptions } from './options.js';
export { nameServerSpan } from './server-span.js';
export { runningTelemetry, startTelemetry, type Telemetry } from './start.js';
