// What a request costs a Nest server: bare, with spans written by hand under a plain NodeSDK, under `annotel/register`, and
// with annotel's decorators. All servers of an adapter are up at once and take turns in random order; what is compared is the
// CPU time of the server's process. They are started anew some times, since how V8 compiles a program differs by some percent
// from one process to the next. Needs a built package: npm run build && node test/bench/server.js [rounds] [express|fastify]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Rounds of each start. */
const ROUNDS = Number(process.argv[2] ?? 6);
const ADAPTERS = process.argv[3] ? [process.argv[3]] : ['express', 'fastify'];
const REQUESTS = 2000;
const WARM_UP = 5;
const STARTS = 3;
const CONNECTIONS = 10;
const HERE = join(import.meta.dirname, 'server');

const REGISTER = ['--import', 'annotel/register'];
const PLAIN = ['--import', join(HERE, 'plain.js')];
const HAND = { SPANS: 'by hand' };
/** The same instrumentations as of the plain NodeSDK, of which none names the routes of Fastify, or patches the console. */
const SAME = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fastify,console' };
const DECORATED = { SPANS: 'decorated' };
/** Of each: how it is started, and how many spans a request makes. */
const MODES = {
  bare: { load: [], spans: 0 },
  NodeSDK: { load: PLAIN, env: HAND, spans: 6 },
  register: { load: REGISTER, env: { ...HAND, ...SAME }, spans: 6 },
  'register, unredacted': { load: REGISTER, env: { ...HAND, ...SAME, ANNOTEL_REDACT: 'off' }, spans: 6 },
  '@Traced()': { load: REGISTER, env: DECORATED, spans: 6 },
  '@Traced() and module': { load: REGISTER, env: { ...DECORATED, MODULE: '1' }, spans: 7 },
};
const NAMES = Object.keys(MODES);

const children = [];
async function started(file, execArgv, env) {
  const child = fork(join(HERE, file), { execArgv, env: { PATH: process.env.PATH, ...env } });
  children.push(child);
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with code ${code}`)));
  ended.catch(() => {});
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  const port = await answer();
  return {
    port,
    ask() {
      child.send('');
      return answer();
    },
    stop: () => child.disconnect(),
  };
}

/** Sends as many requests as asked for over connections that stay open. */
async function shoot(port, count, first) {
  let left = count;
  const connection = async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay();
    let text = '';
    const next = () => {
      if (left === 0) return socket.end();
      left -= 1;
      text = '';
      const path = `/orders/${first + left}`;
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n`);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (head < 0 || text.length < head + 4 + length) return;
      if (!text.startsWith('HTTP/1.1 200')) socket.destroy(new Error(`answered ${text}`));
      else next();
    });
    socket.once('connect', next);
    await once(socket, 'close');
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

/** @param used of each mode: microseconds of CPU for a request, one value a round; more are added */
async function measure(adapter, used) {
  const receiver = await started('receiver.js', []);
  const servers = {};
  for (const [index, name] of NAMES.entries()) {
    const { load, env } = MODES[name];
    servers[name] = await started('app.js', load, {
      ...env,
      ADAPTER: adapter,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}/${index}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_SERVICE_NAME: 'shop',
      // Nothing may be dropped: the queue takes what ends while a batch is on its way.
      OTEL_BSP_MAX_QUEUE_SIZE: '65536',
      OTEL_BLRP_MAX_QUEUE_SIZE: '65536',
    });
  }
  let sent = 0;
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const name of shuffled(NAMES)) {
      const { port, ask } = servers[name];
      const before = await ask();
      await shoot(port, REQUESTS, sent);
      const after = await ask();
      const micros = after.user + after.system - before.user - before.system;
      if (round >= 0) used[name].push(micros / REQUESTS);
    }
    sent += REQUESTS;
  }
  const counts = await receiver.ask();
  for (const { stop } of [...Object.values(servers), receiver]) stop();
  for (const [index, name] of NAMES.entries()) {
    const [got, due] = [counts[index] ?? 0, MODES[name].spans * sent];
    if (got !== due) throw new Error(`${adapter}, ${name}: ${due} spans were made and ${got} came`);
  }
}

function shuffled(list) {
  return list
    .map((one) => [Math.random(), one])
    .sort(([one], [other]) => one - other)
    .map(([, one]) => one);
}

function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)];
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at % 1);
}

function print(adapter, used) {
  const rows = NAMES.map((name) => {
    const ratios = used[name].map((micros, round) => micros / used.NodeSDK[round]);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ratios, part).toFixed(2));
    const micros = quantile(used[name], 0.5).toFixed(0);
    return `${name.padEnd(22)}${micros.padStart(8)} µs${middle.padStart(8)}   ${low} – ${high}`;
  });
  console.log(`Nest on ${adapter}, ${STARTS} times ${ROUNDS} rounds of ${REQUESTS} requests`);
  console.log(`${''.padEnd(22)}${'CPU'.padStart(11)}${'ratio'.padStart(8)}   quartiles`);
  console.log(`${rows.join('\n')}\n`);
}

try {
  for (const adapter of ADAPTERS) {
    const used = Object.fromEntries(NAMES.map((name) => [name, []]));
    for (let start = 0; start < STARTS; start += 1) await measure(adapter, used);
    print(adapter, used);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
  for (const child of children) child.kill();
}
