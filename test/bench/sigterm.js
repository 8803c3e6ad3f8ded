// Services under load that are told to go: which of their finished spans arrive, and which arrive twice. Finished is each
// span whose end() has returned while the process lived, however late. Needs a built package:
// npm run build && node test/bench/sigterm.js [runs of the plain service, 100] [name of one variant]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RUNS = Number(process.argv[2] ?? 100);
const ONLY = process.argv[3];
const APPS = join(import.meta.dirname, '..', 'support', 'sdk-apps');
const REQUESTS_A_SECOND = 300;

/** Ways to go; each but the first is run a tenth of the times. */
const VARIANTS = [
  { name: 'plain' },
  { name: 'SIGINT', signal: 'SIGINT' },
  { name: 'exits at once', handling: 'exits' },
  { name: 'closes, then exits', handling: 'closes' },
  { name: 'Nest with hooks', handling: 'nest' },
  { name: 'http/protobuf', protocol: 'http/protobuf' },
  { name: 'gRPC', protocol: 'grpc' },
  { name: 'slow collector', delay: 100 },
  { name: 'slow, exits at once', delay: 100, handling: 'exits' },
  { name: '10 % sampled', environment: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' } },
  { name: 'spool', spool: true },
  { name: 'spool, exits at once', spool: true, handling: 'exits' },
];

/** An OTLP receiver of spans that counts how often each has come, and answers after a delay. */
class Receiver {
  counts = new Map();
  #delay;
  #server;

  async open(protocol, delay) {
    this.#delay = delay;
    this.#server = protocol === 'grpc' ? http2.createServer() : createServer();
    if (protocol === 'grpc') this.#server.on('stream', (stream, headers) => this.#call(stream, headers));
    else this.#server.on('request', (request, response) => this.#post(request, response));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections?.();
    this.#server.close();
  }

  async #post(request, response) {
    const { 'content-type': type } = request.headers;
    const body = Buffer.concat(await request.toArray());
    this.#count(type === 'application/json' ? idsInJson(body) : idsInProtobuf(body));
    await sleep(this.#delay);
    response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '');
  }

  async #call(stream) {
    stream.on('error', () => {});
    const body = Buffer.concat(await stream.toArray());
    this.#count(idsInProtobuf(body.subarray(5)));
    await sleep(this.#delay);
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  }

  #count(ids) {
    for (const id of ids) this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
  }
}

function idsInJson(body) {
  const { resourceSpans = [] } = JSON.parse(body.toString());
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)),
  );
}

/** Field 2 of each span (2) of each scope (2) of each resource (1). */
function idsInProtobuf(body) {
  const spans = fields(body, 1).flatMap((resource) => fields(resource, 2).flatMap((scope) => fields(scope, 2)));
  return spans.map((span) => fields(span, 2)[0].toString('hex'));
}

/** The values of a field that has a length. */
function fields(message, wanted) {
  const values = [];
  for (let at = 0; at < message.length; ) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = varint();
      if (tag >> 3 === wanted) values.push(message.subarray(at, at + length));
      at += length;
    }
    function varint() {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = message[at++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    }
  }
  return values;
}

/** Starts a service, loads it, kills it in the middle of that, and compares its ledger with what has arrived. */
async function run({ signal = 'SIGTERM', handling = 'none', protocol = 'http/json', delay = 0, ...variant }) {
  const dir = mkdtempSync(join(tmpdir(), 'annotel-sigterm-'));
  const ledger = join(dir, 'ledger');
  const receiver = new Receiver();
  const environment = {
    PATH: process.env.PATH,
    OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.open(protocol, delay),
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    ...(variant.spool && { ANNOTEL_SPOOL_DIR: join(dir, 'spool') }),
    ...variant.environment,
  };
  const start = (...args) => {
    const child = spawn(process.execPath, ['--import', 'annotel/register', ...args], { cwd: APPS, env: environment });
    child.stderr.on('data', (data) => process.stderr.write(`  ${data}`));
    return child;
  };
  const child = start('loaded.mjs', handling, ledger);
  const ended = once(child, 'close');
  const [line] = await once(child.stdout, 'data');
  const stop = load(Number(/port (\d+)/.exec(line)[1]));
  await sleep(300 + Math.random() * 1200);
  const killed = performance.now();
  child.kill(signal);
  // Nobody closes while new requests come: as a load balancer does, it looks elsewhere after a while.
  if (handling === 'closes' || handling === 'nest') setTimeout(stop, 200);
  const [code, endedBy] = await ended;
  const took = performance.now() - killed;
  stop();
  // What a spool holds is sent by the next start.
  if (variant.spool) await once(start('work.mjs', '1000'), 'close');
  receiver.close();

  const spans = readFileSync(ledger, 'utf8')
    .trim()
    .split('\n')
    .map((entry) => entry.split(' '));
  const failed = new Set(spans.filter(([, , , status]) => status === 'error').map(([trace]) => trace));
  const expected = spans.filter(([trace, , flag]) => flag === 'sampled' || failed.has(trace)).map(([, id]) => id);
  const lost = expected.filter((id) => !receiver.counts.has(id)).length;
  const doubled = [...receiver.counts.values()].reduce((sum, count) => sum + count - 1, 0);
  rmSync(dir, { recursive: true, force: true });
  const isAsBefore = handling === 'exits' || handling === 'closes' ? code === 0 : endedBy === signal;
  return { finished: expected.length, lost, doubled, took, isAsBefore };
}

/** Requests in even steps, whatever becomes of them. */
function load(port) {
  const agent = new Agent({ keepAlive: true });
  const started = performance.now();
  let made = 0;
  const beat = setInterval(() => {
    for (const due = ((performance.now() - started) / 1000) * REQUESTS_A_SECOND; made < due; made += 1) {
      get({ port, host: '127.0.0.1', agent }, (response) => response.resume()).on('error', () => {});
    }
  }, 5);
  return () => {
    clearInterval(beat);
    agent.destroy();
  };
}

const problems = [];
for (const variant of VARIANTS) {
  if (ONLY !== undefined && variant.name !== ONLY) continue;
  const times = variant === VARIANTS[0] || ONLY !== undefined ? RUNS : Math.max(1, Math.round(RUNS / 10));
  const runs = [];
  for (let turn = 0; turn < times; turn += 1) runs.push(await run(variant));
  const sum = (name) => runs.reduce((total, one) => total + one[name], 0);
  const took = runs.map((one) => one.took).sort((one, other) => one - other);
  const facts = { runs: times, finished: sum('finished'), lost: sum('lost'), doubled: sum('doubled') };
  const end = `${took[times >> 1].toFixed(0)} ms, at most ${took[times - 1].toFixed(0)} ms`;
  console.log(variant.name.padEnd(22), JSON.stringify(facts), `from the signal to the end: ${end}`);
  if (facts.lost > 0) problems.push(`${variant.name}: ${facts.lost} finished spans are lost`);
  if (runs.some((one) => !one.isAsBefore))
    problems.push(`${variant.name}: it ended in another way than without annotel`);
}
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
