// Logs with winston from ES modules.
import winston from 'winston';
import write from './winston-lines.cjs';

write(winston);
