// Logs with pino from ES modules.
import pino from 'pino';
import write from './pino-lines.cjs';

write(pino);
