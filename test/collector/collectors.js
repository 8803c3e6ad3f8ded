import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SAMPLE } from './build.js';

const GATES = '--feature-gates=processor.tailsamplingprocessor.recordpolicy';

/** Throws with the Collector's words where it does not take the file. */
export function validate(binary, file, environment = {}) {
  execFileSync(binary, ['validate', '--config', join(SAMPLE, file), GATES], {
    env: { ...process.env, ...environment },
    stdio: 'pipe',
  });
}

const started = [];
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

/** Hands the process back, which will not outlive this one. */
export function endsWithThis(child) {
  started.push(child);
  return child;
}

/** A Collector at fixed ports, to be started, ended and started again with the same queues. */
export async function collector(binary, { name, file, folder, environment }) {
  const [grpc, http, health, metrics] = await freePorts(4);
  const logFile = join(folder, `${name}.log`);
  let child;
  let settings = environment;

  async function start(changed = {}) {
    settings = { ...settings, ...changed };
    const log = openSync(logFile, 'a');
    child = endsWithThis(
      spawn(binary, ['--config', join(SAMPLE, file), GATES], {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH,
          OTLP_GRPC: `127.0.0.1:${grpc}`,
          OTLP_HTTP: `127.0.0.1:${http}`,
          HEALTH: `127.0.0.1:${health}`,
          SELF_METRICS_HOST: '127.0.0.1',
          SELF_METRICS_PORT: String(metrics),
          QUEUE_DIR: join(folder, `${name}-queue`),
          ...settings,
        },
      }),
    );
    closeSync(log);
    await healthy();
  }

  async function healthy() {
    for (let attempt = 0; attempt < 300; attempt++) {
      const isUp = await fetch(`http://127.0.0.1:${health}`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isUp) return;
      if (child.exitCode !== null) break;
      await sleep(100);
    }
    throw new Error(`${name} does not start:\n${readFileSync(logFile, 'utf8').slice(-3000)}`);
  }

  async function end(signal = 'SIGTERM') {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill(signal);
    await over;
  }

  return { name, grpc: `127.0.0.1:${grpc}`, http: `http://127.0.0.1:${http}`, start, end, figure };

  /** Sum over its labels of one of the figures that the Collector tells of itself; 0 where it has none yet. */
  async function figure(metric) {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
