import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { dirname, join } from 'node:path';

export const ROOT = dirname(dirname(import.meta.dirname));

/** Compiles a TypeScript project of the repository; throws with the compiler's words where it does not. */
export function compile(project: string): void {
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], { cwd: ROOT });
  } catch (error) {
    throw new Error(`tsc -p ${project}\n${(error as { stdout: Buffer }).stdout}`);
  }
}

/** A program under test, with what it printed so far. */
export interface Program {
  readonly output: string;
  /** Resolves to the first match in what the program prints; rejects where it ends without. */
  prints(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Asks it to end, and resolves to how it did. */
  end(): Promise<number | NodeJS.Signals | null>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs `node ...args` in the root of the repository, with nothing of the surrounding telemetry configuration. */
export function start(args: string[], environment: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...plainEnvironment(), ...environment } });
  let output = '';
  const grown = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      grown.emit('grown');
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  return {
    get output() {
      return output;
    },
    ended,
    async prints(pattern) {
      let over = false;
      for (;;) {
        const match = output.match(pattern);
        if (match) return match;
        if (over) throw new Error(`ended without ${pattern}:\n${output}`);
        over = await Promise.race([once(grown, 'grown').then(() => false), ended.then(() => true)]);
      }
    },
    end() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** One of the local services of the RAG sample (compiled before), outside of any app. */
export async function startLocalService(
  name: 'embedded-postgres' | 'stand-in-provider',
): Promise<{ address: string; process: ChildProcess }> {
  const service = fork(join(ROOT, 'samples/rag/dist/local', `${name}.js`), { execArgv: [], env: plainEnvironment() });
  const [address] = await once(service, 'message');
  return { address: String(address), process: service };
}

function plainEnvironment(): NodeJS.ProcessEnv {
  const configured = /^(OTEL_|ANNOTEL_|OPENAI_|DATABASE_URL$|NODE_OPTIONS$|NODE_ENV$|JEST_|FORCE_COLOR$)/;
  const plain = Object.entries(process.env).filter(([name]) => !configured.test(name));
  return { ...Object.fromEntries(plain), NO_COLOR: '1' };
}
