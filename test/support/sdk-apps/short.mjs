// As work.mjs, with telemetry started in code so that a shutdown is given up on soon.
import { startTelemetry } from 'annotel/sdk';

startTelemetry({ shutdownTimeout: 1000 });
await import('./work.mjs');
