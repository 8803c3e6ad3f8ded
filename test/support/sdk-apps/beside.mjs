// Imports an instrumentation of its own beside annotel/register, which loads it as well: it is being imported just then.
import 'annotel/register';
import { request } from 'node:http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

console.log(HttpInstrumentation.name, request.__wrapped);
process.exit(0);
