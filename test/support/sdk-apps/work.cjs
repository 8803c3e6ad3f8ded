// As work.mjs, for `-r` and CommonJS.
const { logs, metrics, trace } = require('@opentelemetry/api');

trace.getTracer('app').startActiveSpan('work', (span) => {
  metrics.getMeter('app').createCounter('app.count').add(1);
  logs.getLogger('app').emit({ body: 'worked', severityNumber: 9 });
  span.end();
});
console.log('answer 42');
