/*
 * What an app loads without annotel: NodeSDK with the instrumentations of annotel/register, configured alike.
 */
import { syncBuiltinESMExports } from 'node:module';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { register } from 'import-in-the-middle/register-hooks.mjs';

register({ include: ['express', 'pg', 'pg-pool', 'redis', '@redis/client', 'ioredis', 'pino'] });
new NodeSDK({
  instrumentations: [
    new HttpInstrumentation({ requireParentforOutgoingSpans: true }),
    new UndiciInstrumentation({ requireParentforSpans: true }),
    new ExpressInstrumentation({ ignoreLayersType: ['router', 'middleware', 'request_handler'] }),
    new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    new RedisInstrumentation({ requireParentSpan: true }),
    new IORedisInstrumentation({ requireParentSpan: true }),
    new PinoInstrumentation(),
  ],
}).start();
process.getBuiltinModule('node:module').createRequire(import.meta.url)('node:http');
syncBuiltinESMExports();
