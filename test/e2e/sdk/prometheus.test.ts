import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Child, warnings } from '../../support/sdk-child.js';

jest.setTimeout(60_000);

const COUNTING = join(import.meta.dirname, '../../support/sdk-apps/counting.mjs');

/** A port that is free, as are some after it. It is none of those that the system gives to other tests. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000);
    const servers = [0, 1, 2, 3].map((after) => createServer().listen(first + after, 'localhost'));
    const areFree = await Promise.all(
      servers.map(
        (server) =>
          new Promise<boolean>((resolve) =>
            server.once('listening', () => resolve(true)).once('error', () => resolve(false)),
          ),
      ),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (areFree.every(Boolean)) return first;
  }
}

describe('metrics for Prometheus', () => {
  let port: number;

  beforeEach(async () => {
    port = await freePorts();
  });

  const environment = (others: Record<string, string> = {}) => ({
    NODE_OPTIONS: '--import annotel/register',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
    ...others,
  });
  /** Which process has counted, by what is served there; nothing where nobody listens. */
  const counted = async (at: number): Promise<string | undefined> => {
    const text = await fetch(`http://localhost:${at}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
    return /app_count_total\{worker="(\d+)"/.exec(text)?.[1];
  };
  const waitFor = async <T>(get: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> => {
    for (;;) {
      const found = await get();
      if (isThere(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('are served by each worker of a cluster, and not by the primary', async () => {
    await using child = new Child(['cluster.mjs', '3'], environment());
    const pids = await waitFor(
      async () => [...child.stdout.matchAll(/worker (\d+)/g)].map(([, pid]) => pid),
      ({ length }) => length === 3,
    );
    const served = await waitFor(
      () => Promise.all([port, port + 1, port + 2].map(counted)),
      (found) => found.every((pid) => pid !== undefined),
    );
    expect(served.sort()).toEqual(pids.sort());
    child.kill('SIGTERM');
    const told = warnings(await child.ended());
    expect(told).toHaveLength(3);
    expect(told).toContainEqual(
      expect.stringMatching(
        new RegExp(`^annotel: this process forks workers and leaves localhost:${port} to them: each `),
      ),
    );
    for (const other of [port + 1, port + 2]) {
      expect(told).toContainEqual(
        expect.stringMatching(new RegExp(`served to Prometheus on localhost:${other}, .* ${port}$`)),
      );
    }
  });

  it('are served by a thread beside those of its process', async () => {
    const code = `new (require('node:worker_threads').Worker)(${JSON.stringify(COUNTING)}); setInterval(() => {}, 1000)`;
    await using child = new Child(['-e', code], environment());
    await child.says('counted');
    expect(
      await waitFor(
        () => counted(port + 1),
        (pid) => pid !== undefined,
      ),
    ).toBeDefined();
    expect(await counted(port)).toBeUndefined();
    child.kill('SIGTERM');
    expect(warnings(await child.ended())).toEqual([
      expect.stringMatching(new RegExp(`a thread of process \\d+ are served to Prometheus on localhost:${port + 1}`)),
    ]);
  });

  it('have a port of their own for each instance of pm2', async () => {
    await using child = new Child(['counting.mjs'], environment({ pm_id: '4', NODE_APP_INSTANCE: '2' }));
    await child.says('counted');
    expect(
      await waitFor(
        () => counted(port + 2),
        (pid) => pid !== undefined,
      ),
    ).toBeDefined();
  });

  describe('under a launcher', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'annotel-launcher-'));
      const cli = join(folder, 'node_modules/tsx/dist/cli.mjs');
      await mkdir(dirname(cli), { recursive: true });
      await mkdir(join(folder, 'node_modules/.bin'));
      const code = `import { spawn } from 'node:child_process';
        const app = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
        process.on('SIGTERM', () => app.kill());`;
      await writeFile(cli, code);
      await symlink('../tsx/dist/cli.mjs', join(folder, 'node_modules/.bin/tsx'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('are those of the app, on its port', async () => {
      await using child = new Child([join(folder, 'node_modules/.bin/tsx'), 'counting.mjs'], environment());
      await child.says('counted');
      expect(
        await waitFor(
          () => counted(port),
          (pid) => pid !== undefined,
        ),
      ).toBeDefined();
      child.kill('SIGTERM');
      expect(await child.ended()).toMatchObject({ code: 0, stderr: '' });
    });
  });
});
