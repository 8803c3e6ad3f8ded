// What it costs to start: `annotel/register` beside a plain NodeSDK with the same exporters and instrumentations, taking
// turns in processes of their own. Needs a built package: npm run build && node test/bench/start-up.js [turns]
import { spawnSync } from 'node:child_process';

const TURNS = Number(process.argv[2] ?? 21);
const ENVIRONMENT = {
  PATH: process.env.PATH,
  // Nobody listens there: what is measured ends before anything is sent.
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  OTEL_LOG_LEVEL: 'none',
};
const PLAIN = `
import { register } from 'import-in-the-middle/register-hooks.mjs';
register({ include: ['express', 'pg', 'pg-pool', 'redis', '@redis/client', 'ioredis', 'pino'] });
const { NodeSDK } = await import('@opentelemetry/sdk-node');
const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
const { ExpressInstrumentation } = await import('@opentelemetry/instrumentation-express');
const { PgInstrumentation } = await import('@opentelemetry/instrumentation-pg');
const { RedisInstrumentation } = await import('@opentelemetry/instrumentation-redis');
const { IORedisInstrumentation } = await import('@opentelemetry/instrumentation-ioredis');
const { PinoInstrumentation } = await import('@opentelemetry/instrumentation-pino');
new NodeSDK({
  instrumentations: [
    new HttpInstrumentation(), new UndiciInstrumentation(), new ExpressInstrumentation(), new PgInstrumentation(),
  ],
}).start();
process.stdout.write(String(performance.now()));
process.exit(0);
`;
const OURS = `
await import('annotel/register');
process.stdout.write(String(performance.now()));
process.exit(0);
`;
const BARE = 'process.stdout.write(String(performance.now())); process.exit(0);';

function started(program) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: ENVIRONMENT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

const times = { bare: [], plain: [], annotel: [] };
for (let turn = -1; turn < TURNS; turn += 1) {
  const one = { bare: started(BARE), plain: started(PLAIN), annotel: started(OURS) };
  // The first turn fills the caches of the disk.
  if (turn >= 0) for (const [name, millis] of Object.entries(one)) times[name].push(millis);
}
const median = (list) => list.sort((one, other) => one - other)[Math.floor(list.length / 2)];
const { bare, plain, annotel } = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
console.log(`bare Node                 ${bare.toFixed(0)} ms`);
console.log(`plain NodeSDK             ${plain.toFixed(0)} ms`);
console.log(`annotel/register          ${annotel.toFixed(0)} ms`);
console.log(`ratio                     ${(annotel / plain).toFixed(2)} (target: at most 1.1)`);
console.log(`ratio of what is added    ${((annotel - bare) / (plain - bare)).toFixed(2)}`);
