// What it costs to start: `annotel/register` beside a plain NodeSDK with the same exporters and instrumentations, taking
// turns in processes of their own. CPU is what the operating system has counted for the process, all of its threads: other
// than the time on the wall it hardly depends on who else uses the machine.
// Needs a built package: npm run build && node test/bench/start-up.js [turns]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const TURNS = Number(process.argv[2] ?? 21);
const ENVIRONMENT = {
  PATH: process.env.PATH,
  // Nobody listens there: what is measured ends before anything is sent.
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  OTEL_LOG_LEVEL: 'none',
};
/** The app that is started: it tells what the start has cost. */
const APP = `
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ cpu: (user + system) / 1000, wall: performance.now() }));
process.exit(0);
`;
const PLAIN = `
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
register({ include: ['express', 'pg', 'pg-pool', 'redis', '@redis/client', 'ioredis', 'pino'] });
new NodeSDK({
  instrumentations: [
    new HttpInstrumentation(), new UndiciInstrumentation(), new ExpressInstrumentation(), new PgInstrumentation(),
    new RedisInstrumentation(), new IORedisInstrumentation(), new PinoInstrumentation(),
  ],
}).start();
`;

// In this folder, so that the packages of the repository are found.
const folder = mkdtempSync(join(import.meta.dirname, '.start-up-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'plain.mjs'), PLAIN);
writeFileSync(join(folder, 'app.mjs'), APP);

/** What stands before the app on the command line. */
const PRELOADS = {
  'bare Node': [],
  'plain NodeSDK': ['--import', pathToFileURL(join(folder, 'plain.mjs')).href],
  'annotel/register': ['--import', 'annotel/register'],
};

function started(preload) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...preload, join(folder, 'app.mjs')], {
    cwd: import.meta.dirname,
    env: ENVIRONMENT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const turns = [];
for (let turn = -1; turn < TURNS; turn += 1) {
  // Whoever comes first differs, as the one before it leaves the processor warm.
  const names = Object.keys(PRELOADS);
  if (turn % 2) names.reverse();
  const one = Object.fromEntries(names.map((name) => [name, started(PRELOADS[name])]));
  // The first turn fills the caches of the disk.
  if (turn >= 0) turns.push(one);
}

/** The median, and what half of the turns lie between. */
function spread(values, digits) {
  const sorted = values.sort((one, other) => one - other);
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => sorted[Math.round(part * (sorted.length - 1))]);
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

for (const unit of ['cpu', 'wall']) {
  const over = (part) =>
    turns.map((turn) => part(turn['annotel/register'][unit], turn['plain NodeSDK'][unit], turn['bare Node'][unit]));
  console.log(`${unit === 'cpu' ? 'CPU' : 'wall clock'}, median and the middle half of ${turns.length} turns`);
  for (const name of Object.keys(PRELOADS)) {
    console.log(
      `  ${name.padEnd(24)}${spread(
        turns.map((turn) => turn[name][unit]),
        0,
      )} ms`,
    );
  }
  console.log(
    `  ratio                   ${spread(
      over((ours, plain) => ours / plain),
      2,
    )}${unit === 'cpu' ? ', target: at most 1.0' : ''}`,
  );
  console.log(
    `  ratio of what is added  ${spread(
      over((ours, plain, bare) => (ours - bare) / (plain - bare)),
      2,
    )}`,
  );
}
