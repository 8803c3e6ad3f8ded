// One span, one count, one log record; then an answer, and the end after as many milliseconds as the first argument says.
import { logs, metrics, trace } from '@opentelemetry/api';

trace.getTracer('app').startActiveSpan('work', (span) => {
  metrics.getMeter('app').createCounter('app.count').add(1);
  logs.getLogger('app').emit({ body: 'worked', severityNumber: 9 });
  span.end();
});
console.log('answer 42');
setTimeout(() => {}, Number(process.argv[2] ?? 0));
