import { readFileSync } from 'node:fs';
import { DiagLogLevel, diag, logs, trace } from '@opentelemetry/api';
import { registered } from '../otel.js';
import { appResolvers, ownResolver } from './app-packages.js';

/**
 * Why no SDK can be registered now, as a sentence with its mend. OpenTelemetry itself stays silent in both cases:
 * everything seems to work, and nothing is recorded.
 */
export function apiConflict(): string | undefined {
  const { version, ...slots } = registered();
  const taken = (['trace', 'metrics', 'logs'] as const).filter((signal) => slots[signal] !== undefined);
  if (taken.length > 0) {
    return (
      `another OpenTelemetry SDK is registered already (${taken.join(', ')}; API ${version}), so annotel starts none: its ` +
      'spans, metrics and logs go where that SDK sends them. Start annotel first, or leave the other one out'
    );
  }
  const own = ownVersion();
  if (logs === undefined) {
    return (
      `the OpenTelemetry SDK that annotel starts needs @opentelemetry/api 1.10, and ${own ?? 'an older one'} was installed in its place (by ` +
      'overrides or resolutions?), so annotel starts none; the SDK of that version records decorated calls where the app starts it'
    );
  }
  if (version === undefined || own === undefined || version === own || isLeft(own)) return undefined;
  return (
    `@opentelemetry/api ${version} was used in this process before annotel's ${own}, and the two do not mix: nothing is ` +
    `recorded. Let \`npm ls @opentelemetry/api\` show one version, ${own}, or start annotel first`
  );
}

/**
 * API 1.10 registers only in a table that its own version has made. One that an older copy of the API has made for its logger is
 * left for a new one, which older copies read as well; the logger is registered there again.
 */
export function leaveOlderTable(): void {
  const own = ownVersion();
  if (own === undefined || !isLeft(own)) return;
  const { diag: logger } = registered();
  Reflect.deleteProperty(globalThis, Symbol.for('opentelemetry.js.api.1'));
  if (logger) diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
}

/** Whether a table is there that an older version than `own` has made, with nothing in it but a logger for `diag`. */
function isLeft(own: string): boolean {
  const { version, diag: _logger, ...rest } = registered();
  if (version === undefined || Object.values(rest).some((value) => value !== undefined)) return false;
  return version.localeCompare(own, 'en', { numeric: true }) < 0;
}

let isFirst = false;

/** To be called where annotel is what the process loads first: then nobody has used OpenTelemetry before. */
export function nothingIsTakenYet(): void {
  isFirst = true;
}

/**
 * The API is loaded twice where an app mixes ES modules and CommonJS, and tracers and loggers taken from the other copy before
 * the start would stay deaf for ever. To be called before an SDK is registered; the result, after; and what that returns, when
 * the SDK is registered no longer. Meters know no waiting: those of before the start are deaf in either copy.
 */
export function wakeEarlyTracers(): () => () => void {
  const others = isFirst ? [] : otherCopies();
  // A second start may have been waited for.
  isFirst = false;
  const copies = others.map(({ trace, logs }) => ({ trace, logs, early: trace.getTracerProvider() as Waiting }));
  return () => {
    const provider = logs.getLoggerProvider();
    for (const copy of copies) {
      copy.early.setDelegate?.(trace.getTracerProvider());
      if (copy.logs === undefined || registered().logs === undefined) continue;
      // A copy tells its loggers of the provider that is registered through it.
      logs.disable();
      if (!copy.logs.setGlobalLoggerProvider(provider)) logs.setGlobalLoggerProvider(provider);
    }
    return () => {
      for (const copy of copies) {
        copy.trace.disable();
        copy.logs?.disable();
      }
    };
  };
}

interface Waiting {
  setDelegate?(provider: unknown): void;
}

interface Copy {
  readonly trace: typeof trace;
  /** Absent in versions before 1.10. */
  readonly logs: typeof logs | undefined;
}

/** Where the ES module of annotel/testing leaves the copy that it has imported: Jest cannot require it before Node 24. */
const IMPORTED = Symbol.for('annotel.importedApi');

/** Beside annotel's own: its other form, and where the app has another version, that. */
function otherCopies(): Copy[] {
  const { [IMPORTED]: handed } = globalThis as { [IMPORTED]?: Copy };
  const files = new Set([...ownResolver(), ...appResolvers()].flatMap(fileOfApi));
  const copies = [handed, ...[...files].flatMap(loadedFrom)].flatMap((copy) => (copy?.trace ? [copy] : []));
  return [...new Map(copies.map((copy) => [copy.trace, copy])).values()].filter((copy) => copy.trace !== trace);
}

function fileOfApi(resolver: NodeJS.Require): string[] {
  try {
    return [resolver.resolve('@opentelemetry/api')];
  } catch {
    // Bundled into the app, or none of its packages.
    return [];
  }
}

function loadedFrom(file: string): (Copy | undefined)[] {
  const [require] = ownResolver();
  // Not loaded for this: where nobody has required it, nobody has a tracer of it.
  const required: Copy | undefined = require?.cache?.[file]?.exports;
  const imported = file.replace(/\.cjs$/, '.mjs');
  try {
    // Nothing tells whether that is loaded already, so it is loaded now.
    return imported === file ? [required] : [required, require?.(imported)];
  } catch {
    // It is not there, or is being imported just now and has not run: then nobody has a tracer of it.
    return [required];
  }
}

function ownVersion(): string | undefined {
  const [file = ''] = ownResolver().flatMap(fileOfApi);
  const [folder] = /^.*[\\/]@opentelemetry[\\/]api[\\/]/.exec(file) ?? [];
  if (folder === undefined) return undefined;
  try {
    return (JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version?: string }).version;
  } catch {
    return undefined;
  }
}
