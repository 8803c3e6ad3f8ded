import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { LIBRARIES } from '../traced-libraries.js';
import type { Report } from './report.js';

/** What is loaded into every process of the app that is run. */
export const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url));

/** What a run of the app has shown. */
export interface AppRun {
  readonly command: string;
  readonly seconds: number;
  /** `undefined` where it ran until it was stopped. */
  readonly exitCode: number | undefined;
  /** Of the processes and threads of Node that it consists of. */
  readonly reports: readonly Report[];
  /** What the app printed, the last lines. */
  readonly printed: readonly string[];
  /** Whether it was sent to a receiver here, as nothing else is configured. */
  readonly isReceivedHere: boolean;
}

const MOST_LINES = 200;
/** Of one line: a bundle may stand in one. */
const LONGEST_LINE = 300;
// Milliseconds that it gets to end after SIGTERM.
const GRACE = 8000;

/**
 * Starts the app, watches it for some seconds, and stops it with all that it has started.
 *
 * @param sendsNowhere whether telemetry has no destination: then it is sent to a receiver here, to be seen
 */
export async function runApp(
  command: string,
  seconds: number,
  variables: Readonly<Record<string, string>>,
  sendsNowhere: boolean,
): Promise<AppRun> {
  const folder = mkdtempSync(join(tmpdir(), 'annotel-doctor-run-'));
  const preload = join(folder, 'preload.cjs');
  const names = LIBRARIES.map(({ name }) => name);
  writeFileSync(preload, `require(${JSON.stringify(PROBE)}).watchProcess(__filename, ${JSON.stringify(names)});\n`);
  const receiver = sendsNowhere ? await receive() : undefined;
  const options = `${variables['NODE_OPTIONS'] ?? ''} --require ${JSON.stringify(preload)}`.trim();
  const printed: string[] = [];
  const child = spawn(command, {
    shell: true,
    // A group of its own, so that everything that it starts can be stopped with it.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...variables, NODE_OPTIONS: options, ...(receiver && { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }) },
  });
  const stop = () => signal(child, 'SIGKILL');
  process.once('exit', stop);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => keepLines(printed, text));
  try {
    // Not at `exit`, which is that of the shell: whatever it has started may still be sending.
    const ended = new Promise<number>((resolve) => {
      child.once('error', () => resolve(127));
      child.once('close', (code) => resolve(code ?? 128));
    });
    const exitCode = await within(ended, seconds * 1000);
    if (exitCode === undefined) {
      signal(child, 'SIGTERM');
      await within(ended, GRACE);
    }
    stop();
    return {
      command,
      seconds,
      exitCode,
      reports: reportsIn(folder),
      printed,
      isReceivedHere: receiver !== undefined,
    };
  } finally {
    stop();
    process.off('exit', stop);
    child.stdout.destroy();
    child.stderr.destroy();
    receiver?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To the app and to all that it has started. */
function signal({ pid }: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') spawn('taskkill', ['/pid', String(pid), '/T', '/F']);
    else process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}

async function within<T>(promise: Promise<T>, millis: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, millis, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Says yes to everything. What is sent is seen where it is sent. */
async function receive(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const type = request.headers['content-type'] ?? 'application/json';
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': type }).end(type.endsWith('json') ? '{}' : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function keepLines(printed: string[], text: string): void {
  printed.push(
    ...text
      .split('\n')
      .map((line) => stripVTControlCharacters(line).trimEnd().slice(0, LONGEST_LINE))
      .filter((line) => line !== ''),
  );
  printed.splice(0, Math.max(0, printed.length - MOST_LINES));
}

function reportsIn(folder: string): Report[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): Report[] => {
      try {
        return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report];
      } catch {
        // It was stopped while it wrote.
        return [];
      }
    });
}
