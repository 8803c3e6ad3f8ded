import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const TRACE = /^trace [0-9a-f]{32}$/gm;

/** The server of a sample in a process of its own, started the way it is started in production. It prints to this console. */
export class App {
  private output = '';
  private readonly child: ChildProcess;

  private constructor(main: URL, environment: Record<string, string>) {
    const register = import.meta.resolve('annotel/register');
    this.child = spawn(process.execPath, ['--import', register, fileURLToPath(main)], {
      env: { ...process.env, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // However this process is asked to end, the server ends too. Ctrl-C goes to both anyway.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => this.child.kill(signal));
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      process.stdout.write(text);
    });
  }

  /** Resolves once the server has printed where it listens; rejects where it ends before. */
  static async start(main: URL, environment: Record<string, string> = {}): Promise<{ app: App; url: string }> {
    const app = new App(main, environment);
    await app.until(() => /http:\S+/.test(app.output));
    return { app, url: /http:\S+/.exec(app.output)?.[0] ?? '' };
  }

  /** Resolves when the server has printed so many traces, so that what this process prints next stands below them. */
  async traces(count: number): Promise<void> {
    await this.until(() => (this.output.match(TRACE)?.length ?? 0) >= count);
  }

  /** Asks the server to end, and waits until it has: what it recorded is sent on its way out. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await ended;
  }

  private async until(done: () => boolean): Promise<void> {
    const ended = once(this.child, 'close').then(() => true);
    const { stdout } = this.child;
    while (!done()) {
      const over = await Promise.race([ended, stdout ? once(stdout, 'data').then(() => false) : ended]);
      if (over && !done()) throw new Error('the server has ended by itself');
    }
  }
}
