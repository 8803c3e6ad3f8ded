import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asByOtlp } from './exposition.ts';

const PATIENCE_MS = 60_000;

/**
 * Starts the service, a collector that refuses its traces, and a Prometheus server that scrapes it every second: as job
 * `scraped` directly, as job `otlp` with the names that its metrics have where they come by OTLP.
 */
export async function startFleet(prometheus, rules) {
  const folder = mkdtempSync(join(tmpdir(), 'annotel-prometheus-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const collector = await serve(stack, (request, response) => {
      response.writeHead(request.url === '/v1/traces' ? 400 : 200).end();
    });
    const service = await startService(stack, collector);
    const byOtlp = await serve(stack, async (_request, response) => {
      const page = await (await fetch(`http://${service}/metrics`)).text();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(asByOtlp(page));
    });
    const address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'prometheus.yml'), configuration({ scraped: service, otlp: byOtlp }, rules));
    const server = run(stack, prometheus, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ]);
    const fleet = new Fleet(`http://${address}/api/v1/`, stack.move());
    await fleet.until(async () => {
      if (server.exitCode !== null) throw new Error('Prometheus has ended');
      return (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok;
    });
    return fleet;
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

class Fleet {
  #base;
  #stack;

  constructor(base, stack) {
    this.#base = base;
    this.#stack = stack;
  }

  /** Asks the HTTP API; returns `data`, or throws what Prometheus says is wrong. */
  async api(path, parameters = {}) {
    const response = await fetch(`${this.#base}${path}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = await response.json();
    if (status !== 'success') throw new Error(error);
    return data;
  }

  /** The last half minute, as a panel asks for it. */
  range(query) {
    const now = Date.now() / 1000;
    return this.api('query_range', { query, start: now - 30, end: now, step: 5 });
  }

  /** Resolves once each job was scraped so many times. */
  hasScraped(times) {
    return this.until(async () => {
      const { result } = await this.api('query', { query: `sum_over_time(up[5m]) >= ${times}` });
      return result.length === 2;
    });
  }

  /** The rules, once each of them was evaluated with what was scraped. */
  async evaluatedRules() {
    const now = Date.now();
    let data;
    await this.until(async () => {
      data = await this.api('rules');
      return data.groups.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > now);
    });
    return data;
  }

  async until(isSo) {
    for (const start = Date.now(); !(await isSo()); await sleep(200)) {
      if (Date.now() - start > PATIENCE_MS) throw new Error(`waited in vain for ${isSo}`);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#stack.disposeAsync();
  }
}

async function startService(stack, collector) {
  const port = await freePort();
  const service = run(stack, process.execPath, [join(import.meta.dirname, 'service.js')], {
    ANNOTEL_METRIC_CONTEXT: 'tenant,feature',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector}`,
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_SERVICE_NAME: 'dashboards',
  });
  service.stdout.setEncoding('utf8');
  await Promise.race([
    once(service.stdout, 'data'),
    once(service, 'close').then(() => {
      throw new Error('the service has ended');
    }),
  ]);
  return `127.0.0.1:${port}`;
}

function run(stack, program, args, environment = {}) {
  const plain = Object.entries(process.env).filter(([name]) => !/^(OTEL_|ANNOTEL_|NODE_OPTIONS$)/.test(name));
  const env = { ...Object.fromEntries(plain), ...environment };
  const child = spawn(program, args, { cwd: dirname(import.meta.dirname), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return child;
}

async function serve(stack, answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${server.address().port}`;
}

async function freePort() {
  await using stack = new AsyncDisposableStack();
  const address = await serve(stack, () => {});
  return Number(address.split(':')[1]);
}

function configuration(targets, rules) {
  const jobs = Object.entries(targets).map(([job, target]) => ({
    job_name: job,
    static_configs: [{ targets: [target] }],
  }));
  // YAML is a superset of JSON.
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '2s' },
    rule_files: [rules],
    scrape_configs: jobs,
  });
}
