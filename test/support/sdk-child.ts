import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const APPS = join(import.meta.dirname, 'sdk-apps');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Milliseconds from start to end. */
  took: number;
}

/** A Node process that runs one of the apps beside this file, against the built package. */
export class Child {
  stdout = '';
  stderr = '';
  private readonly process: ChildProcess;
  private readonly closed: Promise<unknown[]>;
  private readonly started = Date.now();

  /**
   * @param args what stands after `node`; the app by its file name
   * @param cwd where the app is, if it is none of those beside this file
   */
  constructor(args: string[], environment: Record<string, string> = {}, cwd = APPS) {
    this.process = spawn(process.execPath, args, { cwd, env: { ...clean(), ...environment } });
    this.closed = once(this.process, 'close');
    this.process.stdout?.on('data', (data) => {
      this.stdout += data;
    });
    this.process.stderr?.on('data', (data) => {
      this.stderr += data;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Waits until the app has printed `text`. */
  says(text: string): Promise<void> {
    return this.prints('stdout', text);
  }

  /** Waits until `text` stands on stderr. */
  complains(text: string): Promise<void> {
    return this.prints('stderr', text);
  }

  private async prints(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    while (!this[stream].includes(text)) {
      if (this.process.exitCode !== null) throw new Error(`ended without "${text}": ${this.stdout}${this.stderr}`);
      await Promise.race([this.closed, once(this.process[stream] as NonNullable<ChildProcess['stdout']>, 'data')]);
    }
  }

  async ended(): Promise<Ended> {
    const [code, signal] = (await this.closed) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout: this.stdout, stderr: this.stderr, took: Date.now() - this.started };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
  }
}

/** Runs an app to its end. */
export function run(args: string[], environment?: Record<string, string>, cwd?: string): Promise<Ended> {
  return new Child(args, environment, cwd).ended();
}

/** The lines of annotel on stderr. */
export function warnings({ stderr }: { stderr: string }): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('annotel: '));
}

/** The environment without what would configure telemetry, jest or colours. */
function clean(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(OTEL_|ANNOTEL_|NODE_OPTIONS$|NODE_ENV$|JEST_|FORCE_COLOR$)/.test(name),
    ),
  );
}
