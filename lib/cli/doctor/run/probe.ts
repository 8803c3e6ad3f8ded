import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Session } from 'node:inspector';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import threads, { isMainThread, threadId, type WorkerOptions } from 'node:worker_threads';
import { registered } from '../../../registered.js';
import { watchGrpc } from './grpc-requests.js';
import { itemsIn } from './otlp-items.js';
import { isPatched } from './patched.js';
import type { ExportRequest, LoadedLibrary, Report } from './report.js';

export { isPatched };

const OBSERVED = Symbol.for('annotel.observed');
const TELEMETRY = Symbol.for('annotel.telemetry');
const shared = globalThis as { [OBSERVED]?: WeakMap<object, unknown>; [TELEMETRY]?: object };
// Milliseconds.
const EVERY = 500;

/**
 * Watches this process, into a file. Loaded before everything else, by `--require`; changes nothing of what the app does, and never
 * throws into it.
 *
 * @param preload the file that calls this, for threads; what is seen is written beside it
 * @param names of the libraries to look at
 */
export function watchProcess(preload: string, names: readonly string[]): void {
  const decorated: string[] = [];
  const requests: ExportRequest[] = [];
  const seen: Seen = { api: undefined, isAnnotel: false, providers: new Map() };
  let known: Pick<Report, 'providers' | 'libraries'> = { providers: {}, libraries: [] };
  const write = (): void => {
    const { api, isAnnotel } = seen;
    const { pid, argv, execArgv } = process;
    const report: Report = { pid, isMainThread, argv, execArgv, api, isAnnotel, decorated, requests, ...known };
    quietly(() => writeFileSync(join(dirname(preload), `${pid}-${threadId}.json`), JSON.stringify(report)));
  };
  const look = (): void => {
    quietly(() => remember(seen));
    const libraries = quietly(() => loaded(names)) ?? [];
    // At its end, an SDK takes its patches out.
    const wasPatched = ({ name }: LoadedLibrary) => known.libraries.some((one) => one.name === name && one.isPatched);
    known = {
      providers: quietly(() => providers(seen)) ?? {},
      libraries: libraries.map((library) => (wasPatched(library) ? { ...library, isPatched: true } : library)),
    };
    write();
  };
  quietly(() =>
    noteDecorated((name) => {
      decorated.push(name);
      remember(seen);
    }),
  );
  // At once: a signal ends a process without an event, and so do threads end.
  quietly(() => noteRequests(requests, write));
  quietly(() => watchGrpc((request) => requests.push(request), write));
  quietly(() => watchThreads(preload));
  write();
  setTimeout(look, EVERY / 5).unref();
  setInterval(look, EVERY).unref();
  // In front of what the SDK does there.
  process.once('beforeExit', look);
  process.on('exit', look);
}

/** Threads that get an environment of their own do not load what NODE_OPTIONS names; annotel's, that sends, is one. */
function watchThreads(preload: string): void {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(file, { ...options, execArgv: [...(options.execArgv ?? process.execArgv), '--require', preload] });
    }
  };
  syncBuiltinESMExports();
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** What was registered at any time: at its end, an SDK takes itself out. */
interface Seen {
  api: string | undefined;
  isAnnotel: boolean;
  readonly providers: Map<string, object>;
}

function remember(seen: Seen): void {
  const { version, trace, metrics, logs, context } = registered();
  seen.api ??= version;
  seen.isAnnotel ||= shared[TELEMETRY] !== undefined;
  for (const [signal, provider] of Object.entries({ traces: trace, metrics, logs, context })) {
    // The API wraps the tracer provider that it is given.
    const own = (provider as { getDelegate?(): object } | undefined)?.getDelegate?.() ?? provider;
    if (own !== undefined && !seen.providers.has(signal)) seen.providers.set(signal, own);
  }
}

/** Decorators keep what they wrap in one map of the process, whichever copy of annotel they are of. */
function noteDecorated(note: (name: string) => void): void {
  shared[OBSERVED] ??= new (class extends WeakMap<object, unknown> {
    override set(method: object, value: unknown): this {
      note((method as { name?: string }).name ?? '');
      return super.set(method, value);
    }
  })();
}

/** OTLP, Azure Monitor, Zipkin, and the paths of some vendors. */
const EXPORT = /\/v1\/(traces|metrics|logs)$|\/v2(\.1)?\/track$|\/api\/v2\/spans$|\/envelope\/?$|\/v0\.\d\/traces$/;

/** By Node's channels, https://nodejs.org/api/diagnostics_channel.html#http: whoever sends, by whatever copy of whatever package. */
function noteRequests(requests: ExportRequest[], onAnswer: () => void): void {
  const known = new WeakMap<object, ExportRequest>();
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest };
    const path = request.path.replace(/\?.*$/s, '');
    if (request.method !== 'POST' || !EXPORT.test(path)) return;
    const chunks: Buffer[] = [];
    const noted = {
      to: `${request.protocol}//${request.getHeader('host')}${path}`,
      isAccepted: false,
      digest: '',
      count: 0,
      names: {},
    };
    known.set(request, noted);
    requests.push(noted);
    const take = (chunk: unknown, encoding: unknown) => {
      if (typeof chunk === 'string') chunks.push(Buffer.from(chunk, encoding as BufferEncoding | undefined));
      else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    };
    const { write, end } = request;
    request.write = function (this: ClientRequest, ...args: unknown[]) {
      take(args[0], args[1]);
      return Reflect.apply(write, this, args);
    } as typeof write;
    request.end = function (this: ClientRequest, ...args: unknown[]) {
      if (typeof args[0] !== 'function') take(args[0], args[1]);
      quietly(() => Object.assign(noted, itemsIn(Buffer.concat(chunks))));
      return Reflect.apply(end, this, args);
    } as typeof end;
  });
  const note = (request: ExportRequest | undefined, answer: string, isAccepted: boolean) => {
    if (request === undefined) return;
    Object.assign(request, { answer, isAccepted });
    onAnswer();
  };
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: object; response: IncomingMessage };
    const { statusCode = 0 } = response;
    const isPage = /^text\/html/i.test(response.headers['content-type'] ?? '');
    note(known.get(request), isPage ? 'a web page' : `HTTP ${statusCode}`, statusCode < 300 && !isPage);
  });
  subscribe('http.client.request.error', (message) => {
    const { request, error } = message as { request: object; error: NodeJS.ErrnoException };
    note(known.get(request), error.code ?? error.message, false);
  });
}

/** Who is registered. The class of a provider says little; the file that it stands in says whose it is. */
function providers(seen: Seen): Record<string, string> {
  const entries = [...seen.providers].map(([signal, { constructor: Class }]) => [
    signal,
    `${Class.name}${originOf(Class)}`,
  ]);
  return Object.fromEntries(entries);
}

const origins = new Map<object, string>();

/** In words, where a class is from. */
function originOf(Class: object): string {
  const before = origins.get(Class);
  if (before !== undefined) return before;
  const file = quietly(() => fileOf(Class));
  const [folder, name] = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file ?? '') ?? [];
  const text = folder === undefined ? (file === undefined ? '' : ` of ${file}`) : ` of ${name} ${versionIn(folder)}`;
  origins.set(Class, text);
  return text;
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }).version ?? '';
}

/** The file in which a function is defined, as the inspector knows it. */
function fileOf(fn: unknown): string | undefined {
  const place = Symbol.for('annotel.doctor.function');
  const holder = globalThis as { [place]?: unknown };
  return inspecting((session, scripts) => {
    holder[place] = fn;
    let file: string | undefined;
    session.post(
      'Runtime.evaluate',
      { expression: "globalThis[Symbol.for('annotel.doctor.function')]" },
      (_e, found) => {
        const { objectId } = found?.result ?? {};
        if (objectId === undefined) return;
        session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, properties) => {
          const location = properties?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]');
          file = scripts.get((location?.value?.value as { scriptId?: string } | undefined)?.scriptId ?? '');
        });
      },
    );
    delete holder[place];
    return file;
  });
}

/** The scripts that this process has loaded, by `require` and by `import` alike. */
function inspecting<T>(work: (session: Session, scripts: ReadonlyMap<string, string>) => T): T {
  const session = new Session();
  const scripts = new Map<string, string>();
  session.connect();
  try {
    session.on('Debugger.scriptParsed', ({ params }) => {
      scripts.set(params.scriptId, pathOf(params.url));
    });
    session.post('Debugger.enable');
    return work(session, scripts);
  } finally {
    session.disconnect();
  }
}

function pathOf(url: string): string {
  return quietly(() => fileURLToPath(url)) ?? url;
}

function loaded(names: readonly string[]): LoadedLibrary[] {
  const files = inspecting((_session, scripts) => [...scripts.values()]);
  return names.flatMap((name): LoadedLibrary[] => {
    const folders = new Set(
      files.map((file) => new RegExp(`^.*[\\\\/]node_modules[\\\\/]${name}(?=[\\\\/])`).exec(file)?.[0]),
    );
    return [...folders].flatMap((folder) => {
      if (folder === undefined) return [];
      const require = createRequire(join(folder, 'package.json'));
      // Not required here: that would patch it.
      const exports = quietly(() => require.cache[require.resolve(folder)]?.exports as object | undefined);
      // The patch of pino is another function, which only who requires it sees.
      const isSeen = exports !== undefined && name !== 'pino';
      return [
        { name, version: versionIn(folder), isPatched: isSeen ? quietly(() => isPatched(name, exports)) : undefined },
      ];
    });
  });
}
