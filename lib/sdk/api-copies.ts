import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { logs, trace } from '@opentelemetry/api';
import { registered } from '../otel.js';

const require = createRequire(import.meta.url);

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
  if (version === undefined || own === undefined || version === own) return undefined;
  return (
    `@opentelemetry/api ${version} was used in this process before annotel's ${own}, and the two do not mix: nothing is ` +
    `recorded. Let \`npm ls @opentelemetry/api\` show one version, ${own}, or start annotel first`
  );
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
  const copies = others.map((copy) => ({ ...copy, early: copy.trace.getTracerProvider() as Waiting }));
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

function otherCopies(): Copy[] {
  const handed = (globalThis as { [IMPORTED]?: Copy })[IMPORTED];
  const copies = [requiredCopy(), copyOf(handed) ?? importedCopy()];
  return copies.filter((copy) => copy !== undefined).filter((copy) => copy.trace !== undefined && copy.trace !== trace);
}

/** Not loaded for this: where nobody has required it, nobody has a tracer of it. */
function requiredCopy(): Copy | undefined {
  try {
    return copyOf(require.cache[require.resolve('@opentelemetry/api')]?.exports);
  } catch {
    // Bundled into the app: there is one copy.
    return undefined;
  }
}

/** Nothing tells whether it is loaded already, so it is loaded now. */
function importedCopy(): Copy | undefined {
  try {
    const required = require.resolve('@opentelemetry/api');
    const imported = required.replace(/\.cjs$/, '.mjs');
    return imported === required ? undefined : copyOf(require(imported));
  } catch {
    // It is bundled, or not there, or is being imported just now and has not run: then nobody has a tracer of it.
    return undefined;
  }
}

function copyOf(api: Copy | undefined): Copy | undefined {
  return api && { trace: api.trace, logs: api.logs };
}

function ownVersion(): string | undefined {
  try {
    const manifest = join(dirname(require.resolve('@opentelemetry/api')), '..', 'package.json');
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }).version;
  } catch {
    // Bundled into the app: then there is one copy, and nothing to compare.
    return undefined;
  }
}
