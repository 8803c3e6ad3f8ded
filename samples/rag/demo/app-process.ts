import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/** The app in a process of its own, started the way it is started in production. */
export class AppProcess {
  private output = '';
  private lastOutput = 0;
  private held = false;
  private stopped?: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.lastOutput = performance.now();
      if (!this.held) process.stdout.write(text);
    });
  }

  static start(main: string, cwd: string, env: Record<string, string>): AppProcess {
    const child = spawn(process.execPath, ['--import', 'annotel/register', main], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new AppProcess(child);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Forgets what the app has printed, and keeps what it prints from now on back until `release`. */
  hold(): void {
    this.output = '';
    this.held = true;
  }

  release(): void {
    process.stdout.write(this.output);
    this.held = false;
  }

  /** Waits for `pattern`, and then until the app is silent for `quiet` milliseconds. Resolves to the first group, if any. */
  async printed(pattern: RegExp, timeout: number, quiet = 0): Promise<string> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const match = pattern.exec(stripVTControlCharacters(this.output));
      if (match && performance.now() - this.lastOutput >= quiet) return match[1] ?? match[0];
      if (!this.running) throw new Error('the app has ended by itself');
      if (performance.now() > deadline)
        throw new Error(`the app has not printed ${pattern} within ${timeout / 1000} s`);
      await sleep(20);
    }
  }

  /** Asks the app to end, and waits until it has: on its way out it exports what it has recorded. */
  stop(): Promise<void> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private async end(): Promise<void> {
    if (!this.running) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await exited;
    clearTimeout(killer);
    if (this.child.signalCode === 'SIGKILL') throw new Error('the app has not ended within 15 s of SIGTERM');
  }
}
