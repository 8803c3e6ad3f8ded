/*
 * Two processes of one app with a real Redis between them: a shop that sends messages and adds jobs, and a worker that handles them, by
 * Nest's microservices, by BullMQ and by Bull. What arrives at a receiver of OTLP is shown as trees, and has to be what is written
 * below; and what the processes answer and print has to be the same without telemetry, on either side. On Nest 11 and 12, each with
 * the packed annotel. Redis is the one on the PATH, or Debian's, unpacked under node_modules/.cache; where neither can be had, it says
 * so and ends well, with --required badly. Needs the built package. Usage: node test/redis/run.js [--required]
 */
import { deepStrictEqual } from 'node:assert';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { dirname, join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { findRedis } from './find-redis.js';

const ROOT = dirname(dirname(import.meta.dirname));
const CACHE = join(ROOT, 'node_modules/.cache/redis');
const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
/** Of the clients of Redis and of HTTP: what they make is not what is tested here. */
const ANNOTEL = 'annotel';

const TREES = [
  ['GET /send', '  Shop.send', '    CLIENT {"cmd":"sum"}', '      SERVER {"cmd":"sum"}'],
  ['GET /refuse', '  Shop.refuse', '    CLIENT refuse ERROR', '      SERVER refuse ERROR'],
  ['GET /emit', '  Shop.emit', '    PRODUCER emit order.created', '      CONSUMER process order.created'],
  ['GET /add', '  Shop.add', '    PRODUCER add print', '      CONSUMER process print'],
  [
    'GET /retry',
    '  Shop.retry',
    '    PRODUCER add print',
    '      CONSUMER process print ERROR',
    '      CONSUMER process print',
  ],
  [
    'GET /bulk',
    '  Shop.bulk',
    '    PRODUCER add print',
    '      CONSUMER process print',
    '      CONSUMER process print',
  ],
  ['GET /flow', '  Shop.flow', '    PRODUCER add bind', '      CONSUMER process print', '      CONSUMER process bind'],
  ['GET /bull', '  Shop.bull', '    PRODUCER add old', '      CONSUMER process old'],
  [
    'GET /bullBulk',
    '  Shop.bullBulk',
    '    PRODUCER add old',
    '      CONSUMER process old',
    '      CONSUMER process old',
  ],
];

const redis = findRedis(CACHE);
if (redis.missing) {
  console.log(`Not tested against Redis: ${redis.missing}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}

const archive = join(
  CACHE,
  JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', mkdir(CACHE)], { cwd: ROOT }))[0].filename,
);
const port = await freePort();
const server = spawn(redis.program, ['--port', String(port), '--save', '', '--appendonly', 'no'], {
  env: redis.env,
  stdio: 'ignore',
});
try {
  for (const nest of ['11', '12']) await tryOn(nest, installed(nest));
} finally {
  server.kill();
}

async function tryOn(nest, folder) {
  const bare = await run(folder, { worker: false, shop: false });
  const full = await run(folder, { worker: true, shop: true });
  deepStrictEqual(full.trees, TREES, `the traces on Nest ${nest}`);
  deepStrictEqual(full.printed, bare.printed, `what the app does on Nest ${nest}`);
  for (const who of [
    { worker: false, shop: true },
    { worker: true, shop: false },
  ])
    deepStrictEqual(
      (await run(folder, who)).printed,
      bare.printed,
      `what the app does on Nest ${nest}, with one side only`,
    );
  console.log(`Nest ${nest}: ${TREES.length} traces as expected, and the app as without telemetry`);
}

/** One life of both processes. */
async function run(folder, observed) {
  await flushRedis();
  const spans = [];
  const receiver = createServer(async (request, response) => {
    const { resourceSpans = [] } = await json(request);
    for (const { scopeSpans } of resourceSpans)
      for (const { scope, spans: some } of scopeSpans)
        spans.push(...some.map((span) => ({ ...span, scope: scope.name })));
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const env = {
    ...process.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address().port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    REDIS_PORT: String(port),
  };
  const start = (role) => {
    const preload = observed[role] ? ['--import', 'annotel/register'] : [];
    const args = [...preload, 'service.cjs', role];
    return spawn(process.execPath, args, {
      cwd: folder,
      env: { ...env, OBSERVED: String(observed[role]) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  };
  const worker = start('worker');
  const handled = text(worker.stdout);
  await once(worker.stdout, 'readable');
  const shop = start('shop');
  const [answered] = await Promise.all([text(shop.stdout), once(shop, 'exit')]);
  worker.kill();
  const [, output] = await Promise.all([once(worker, 'exit'), handled]);
  receiver.close();
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('annotel'))
    .sort();
  return {
    printed: [
      ...answered
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('annotel')),
      ...lines,
    ],
    trees: treesOf(spans),
  };
}

/** Each request with what came of it, by start. */
function treesOf(spans) {
  const byStart = [...spans].sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
  const shown = ({ name, kind, status, scope }) =>
    `${scope === ANNOTEL && KINDS[kind] !== 'INTERNAL' ? `${KINDS[kind]} ` : ''}${name}${status?.code === 2 ? ' ERROR' : ''}`;
  const below = ({ spanId }, indent) =>
    byStart
      .filter(({ parentSpanId, scope }) => parentSpanId === spanId && scope === ANNOTEL)
      .flatMap((span) => [`${indent}${shown(span)}`, ...below(span, `${indent}  `)]);
  return byStart.filter(({ name }) => name.startsWith('GET /')).map((span) => [shown(span), ...below(span, '  ')]);
}

function installed(nest) {
  const folder = mkdir(join(CACHE, `nest${nest}`));
  const ofNest = ['common', 'core', 'microservices', 'platform-express', 'bull', 'bullmq'];
  const dependencies = Object.fromEntries(ofNest.map((name) => [`@nestjs/${name}`, `^${nest}`]));
  const others = {
    annotel: `file:${archive}`,
    bull: '^4',
    bullmq: '^5',
    ioredis: '^5',
    'reflect-metadata': '^0.2',
    rxjs: '^7',
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { ...dependencies, ...others } }),
  );
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--silent'], {
    cwd: folder,
    stdio: 'inherit',
  });
  copyFileSync(join(import.meta.dirname, 'service.cjs'), join(folder, 'service.cjs'));
  return folder;
}

function mkdir(folder) {
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function freePort() {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

async function flushRedis() {
  for (let tries = 0; ; tries++) {
    try {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write('FLUSHALL\r\n');
      await once(socket, 'data');
      return socket.destroy();
    } catch (error) {
      if (tries === 100) throw error;
      await delay(50);
    }
  }
}
