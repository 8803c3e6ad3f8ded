// Ends a span, says so, and stays until a signal comes. `own` has a listener of its own, `close` one that lets it end.
import { trace } from '@opentelemetry/api';

const staying = setInterval(() => {}, 1000);
if (process.argv[2] === 'own') process.on('SIGTERM', () => setTimeout(() => process.exit(7), 300));
if (process.argv[2] === 'close') process.on('SIGTERM', () => clearInterval(staying));
trace.getTracer('app').startSpan('work').end();
console.log('ready');
