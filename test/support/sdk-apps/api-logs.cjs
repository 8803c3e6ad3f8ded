// Logs through `@opentelemetry/api-logs`, as libraries of the 2.x line do: before telemetry starts, and after.
const apiLogs = require('@opentelemetry/api-logs');

const early = apiLogs.logs.getLogger('early');
const { startTelemetry } = require('annotel/sdk');
const telemetry = startTelemetry();
const { trace } = require('@opentelemetry/api');

trace.getTracer('app').startActiveSpan('work', (span) => {
  early.emit({ severityNumber: 9, severityText: 'INFO', body: 'from before' });
  apiLogs.logs.getLogger('late').emit({ severityNumber: 13, severityText: 'WARN', body: 'from after' });
  span.end();
});
telemetry.shutdown().then(() => {
  apiLogs.logs.getLogger('gone').emit({ body: 'lost' });
  console.log(apiLogs.logs.getLoggerProvider().constructor.name);
});
