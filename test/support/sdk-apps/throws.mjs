// Ends by an error that nobody catches.
import { trace } from '@opentelemetry/api';

trace.getTracer('app').startSpan('work').end();
process.exitCode = 5;
if (process.argv[2] === 'throw') throw new Error('nobody catches this');
