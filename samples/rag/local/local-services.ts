import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

const SERVICES = {
  'embedded-postgres': 'No DATABASE_URL: an embedded PostgreSQL runs in its place, and forgets everything when it ends',
  'stand-in-provider':
    'No OPENAI_API_KEY: a local stand-in answers in place of the models, by quoting what it is given',
};

/** Runs what the environment names no server for. In processes of their own, so that the app's traces stay the app's. */
@Injectable()
export class LocalServices implements OnApplicationShutdown {
  private readonly logger = new Logger(LocalServices.name);
  private readonly running = new Set<ChildProcess>();

  /** Resolves to the address of the service once it answers. */
  async start(name: keyof typeof SERVICES): Promise<string> {
    this.logger.warn(SERVICES[name]);
    const child = fork(new URL(`./${name}.js`, import.meta.url), {
      // Neither `--import annotel/register` nor a NODE_OPTIONS that says the same.
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.running.add(child);
    child.once('exit', (code, signal) => {
      if (this.running.delete(child))
        this.logger.error(`${name} has ended by itself: ${signal ?? `exit code ${code}`}`);
    });
    return new Promise((resolve, reject) => {
      child.once('message', (address) => resolve(String(address)));
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${name} did not start`)));
    });
  }

  /** Runs after `onModuleDestroy`, where whoever uses a service lets go of it. */
  async onApplicationShutdown(): Promise<void> {
    const children = [...this.running];
    this.running.clear();
    await Promise.all(
      children.map((child) => {
        const exited = once(child, 'exit');
        child.disconnect();
        return exited;
      }),
    );
  }
}
