// Logs with pino through a transport in a worker thread, and ends itself as soon as that is flushed.
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';

const logger = pino({ transport: { target: 'pino/file', options: { destination: 1 } } });
trace.getTracer('app').startActiveSpan('work', (span) => {
  logger.info('from afar');
  span.end();
});
logger.flush(() => process.kill(process.pid, 'SIGTERM'));
