import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const VIEWER = 'autotel-devtools@27.1.0';

export interface ViewerTrace {
  traceId: string;
  spans: { name: string; attributes: Record<string, unknown> }[];
}

/** What the viewer says that it holds. */
export interface Received {
  traces: ViewerTrace[];
  logs: number;
  metrics: string[];
}

/** The local viewer, in processes of its own: an OTLP receiver with a page to look at, on the loopback interface only. */
export class Viewer {
  /** Where its page is, and where it takes OTLP over HTTP. */
  url = '';
  /** Where it takes OTLP over gRPC. */
  grpcUrl = '';
  private output = '';
  private broken?: string;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (!this.url) this.output += text;
      });
    }
    child.once('error', (error) => {
      this.broken = `npx could not be run: ${error.message}`;
    });
    child.once('close', () => {
      this.broken ??= this.whyNot();
    });
  }

  /** A port that is taken is replaced by the next free one. */
  static start(port: string, grpcPort: string): Viewer {
    // Once fetched, it starts without the registry. No package of it needs its install script.
    const fetching = ['--yes', '--prefer-offline', '--ignore-scripts', '--fetch-retries=0'];
    const args = [...fetching, VIEWER, '--host', '127.0.0.1', '--port', port, '--grpc-port', grpcPort];
    const child = spawn('npx', args, {
      // Without this it hands out the files of the folder it runs in.
      env: { ...process.env, AUTOTEL_DEVTOOLS_SOURCE_ROOT: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C ends the app first, and the viewer takes its last export.
      detached: true,
    });
    return new Viewer(child);
  }

  /** Waits until it answers: from then on `url` and `grpcUrl` are known. The first time, npx fetches it before. */
  async ready(): Promise<void> {
    // The warnings stand last, an empty line after them.
    while (!/Verify ingestion.*\n\n/.test(this.output)) {
      if (this.broken) throw new Error(this.broken);
      await sleep(50);
    }
    for (const [warning] of this.output.matchAll(/⚠ .*/g)) console.warn(warning);
    this.grpcUrl = `http://${this.output.match(/OTLP\/gRPC: +(\S+)/)?.[1]}`;
    this.url = this.output.match(/UI: +(http:\S+)/)?.[1] ?? '';
  }

  async received(): Promise<Received> {
    const [{ traces }, { logCount }, { metrics }] = await Promise.all([
      this.ask<{ traces: ViewerTrace[] }>('/v1/traces'),
      this.ask<{ logCount: number }>('/api/stats'),
      this.ask<{ metrics: { name: string }[] }>('/api/metrics'),
    ]);
    return { traces, logs: logCount, metrics: metrics.map(({ name }) => name) };
  }

  /** Ends npx and what it has started. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exited = once(this.child, 'exit');
    process.kill(-pid, 'SIGTERM');
    const killer = setTimeout(() => process.kill(-pid, 'SIGKILL'), 5_000);
    await exited;
    clearTimeout(killer);
  }

  private whyNot(): string {
    const lines = this.output.trim().split('\n');
    const fetching = lines.filter((line) => line.startsWith('npm error'));
    return fetching.length > 0
      ? `npx could not fetch ${VIEWER}. It needs the npm registry once; from then on npm's cache will do.\n${fetching.slice(0, 4).join('\n')}`
      : `${VIEWER} has ended by itself.\n${lines.slice(-10).join('\n')}`;
  }

  private async ask<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`the viewer answers ${path} with ${response.status}`);
    return (await response.json()) as T;
  }
}
