// Takes a tracer from the CommonJS copy of the API before telemetry starts in the other one.
const { logs, trace } = require('@opentelemetry/api');
const early = trace.getTracer('early');
const { startTelemetry } = require('annotel/sdk');

const telemetry = startTelemetry();
early.startSpan('early').end();
logs.getLogger('late').emit({ body: 'late' });
telemetry.flush().then(() => console.log('flushed'));
