// Ends as its argument says, in the same turn in which its work is done: exit, throw, reject.
import { logs, trace } from '@opentelemetry/api';

const [, , how = 'exit'] = process.argv;

trace.getTracer('app').startActiveSpan('work', (span) => {
  logs.getLogger('app').emit({ body: 'worked' });
  span.end();
});
if (how === 'exit') process.exit(3);
if (how === 'reject') Promise.reject(new Error('nobody catches this'));
else throw new Error('nobody catches this');
