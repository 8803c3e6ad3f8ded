// A service under load loses its collector, is killed without warning and started again: what arrives, what arrives twice,
// what memory does. `node test/bench/outage.js [seconds of outage, 60] [spans a second, 500]`, against the built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const OUTAGE = Number(process.argv[2] ?? 60);
const RATE = Number(process.argv[3] ?? 500);
const APPS = join(import.meta.dirname, '..', 'support', 'sdk-apps');
// What has ended so shortly before a kill may still wait for its batch.
const NOT_HANDED_OVER = 8;

/** Counts spans by name; is there only between `open` and `close`. */
class Collector {
  counts = new Map();
  batches = 0;
  #port = 0;
  #server;

  async open() {
    this.#server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        this.batches += 1;
        const { resourceSpans = [] } = JSON.parse(Buffer.concat(chunks).toString());
        for (const { scopeSpans } of resourceSpans) {
          for (const { spans } of scopeSpans) {
            for (const { name } of spans) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
          }
        }
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What came of the spans of one run. */
  of(run) {
    const numbers = [...this.counts.keys()].filter((name) => name.startsWith(`${run} `));
    const last = Math.max(-1, ...numbers.map((name) => Number(name.split(' ')[1])));
    const extra = numbers.reduce((sum, name) => sum + this.counts.get(name) - 1, 0);
    return { arrived: numbers.length, last, missing: last + 1 - numbers.length, doubled: extra };
  }
}

class Service {
  out = '';
  warnings = [];
  memory = [];
  #child;

  constructor(run, inAll, environment) {
    this.#child = spawn(process.execPath, ['--import', 'annotel/register', 'steady.mjs', run, RATE, inAll], {
      cwd: APPS,
      env: {
        PATH: process.env.PATH,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        ...environment,
      },
    });
    this.#child.stdout.on('data', (data) => {
      this.out += data;
      this.memory.push(...[...String(data).matchAll(/rss (\d+)/g)].map(([, megabytes]) => Number(megabytes)));
    });
    this.#child.stderr.on('data', (data) => this.warnings.push(...String(data).trim().split('\n')));
    this.ended = once(this.#child, 'close');
  }

  get made() {
    return Number([...this.out.matchAll(/made (\d+)/g)].at(-1)?.[1] ?? 0);
  }

  kill() {
    this.#child.kill('SIGKILL');
    return this.ended;
  }
}

const problems = [];
const check = (isTrue, problem) => {
  if (!isTrue) problems.push(problem);
};
const report = (what, facts) => console.log(what.padEnd(34), JSON.stringify(facts));

async function withSpool() {
  const dir = mkdtempSync(join(tmpdir(), 'annotel-outage-'));
  const collector = new Collector();
  await collector.open();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ANNOTEL_SPOOL_DIR: dir };
  const first = new Service('first', 1e9, environment);
  await sleep(8000);
  await collector.close();
  await sleep(OUTAGE * 1000);
  const made = first.made;
  await first.kill();
  const second = new Service('second', RATE * 15, environment);
  await sleep(5000);
  await collector.open();
  await second.ended;
  await collector.close();

  const [one, two] = [collector.of('first'), collector.of('second')];
  const files = readdirSync(dir, { recursive: true }).filter((name) => String(name).includes('.parcel'));
  report('with a spool, killed', { made, ...one, batches: collector.batches });
  report('with a spool, started again', { made: second.made, ...two });
  report('memory, MB of rss', { atFirst: first.memory[5], atLast: first.memory.at(-1), filesLeft: files.length });
  console.log([...first.warnings, ...second.warnings].map((line) => `  ${line}`).join('\n'));
  check(one.missing === 0, `${one.missing} spans of the killed process are missing`);
  check(one.last >= made - RATE * NOT_HANDED_OVER, `what arrived ends at ${one.last} of ${made}`);
  check(one.doubled + two.doubled <= 512, `${one.doubled + two.doubled} spans arrived twice`);
  check(two.arrived === second.made, `${second.made - two.arrived} spans of the second process are missing`);
  check(files.length === 0, `${files.length} files are left`);
  rmSync(dir, { recursive: true, force: true });
}

async function withoutSpool() {
  const collector = new Collector();
  await collector.open();
  const service = new Service('only', RATE * (OUTAGE + 30), {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // So that not everything fits.
    OTEL_BSP_MAX_QUEUE_SIZE: String(Math.max(16, Math.round((RATE * OUTAGE) / 32))),
  });
  await sleep(8000);
  await collector.close();
  await sleep(OUTAGE * 1000);
  await collector.open();
  await service.ended;
  await collector.close();

  const { arrived, doubled } = collector.of('only');
  const lost = service.warnings.map((line) => Number(/dropped: (\d+) span/.exec(line)?.[1] ?? 0));
  const dropped = lost.reduce((sum, count) => sum + count, 0);
  report('without a spool', { made: service.made, arrived, dropped, doubled });
  report('memory, MB of rss', { atFirst: service.memory[5], most: Math.max(...service.memory) });
  console.log(service.warnings.map((line) => `  ${line}`).join('\n'));
  check(arrived + dropped === service.made, `${service.made - arrived - dropped} spans are not accounted for`);
  check(dropped > 0, 'everything fitted: nothing was tried');
  check(doubled === 0, `${doubled} spans arrived twice`);
}

await Promise.all([withSpool(), withoutSpool()]);
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
