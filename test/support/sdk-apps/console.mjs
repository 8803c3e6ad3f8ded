// Writes to the console inside of a span and outside of any.
import { log } from 'node:console';
import { trace } from '@opentelemetry/api';

// What is below is the tracer's.
Error.stackTraceLimit = 1;

class CardError extends Error {}

log('outside');
trace.getTracer('app').startActiveSpan('work', (span) => {
  console.log('plain');
  console.info('%s of %d', 'one', 3);
  log('several', 7, { nested: [1] });
  console.debug('100%');
  console.warn('50% of', 'it', '%s');
  console.error('failed:', new CardError('refused'));
  console.trace('here');
  console.log('{"level":"info"}');
  console.log('[1,2]');
  console.log({ order: 7 });
  console.log('\u001b[31mred\u001b[39m');
  console.log();
  console.log('1,apple,0.30');
  console.log('%s\t%d', 'tsv', 5);
  console.log('one\ntwo');
  console.table([{ a: 1 }]);
  process.stdout.write('raw\n');
  span.end();
});
