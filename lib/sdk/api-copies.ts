import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { trace } from '@opentelemetry/api';

/** What every copy of the API shares: one slot per process and major version. */
interface Registered {
  readonly version?: string;
  readonly trace?: unknown;
  readonly metrics?: unknown;
  readonly logs?: unknown;
  readonly diag?: unknown;
}

const require = createRequire(import.meta.url);

/** What is registered with the OpenTelemetry API in this process, by whomever. */
export function registered(): Registered {
  return (globalThis as { [key: symbol]: Registered | undefined })[Symbol.for('opentelemetry.js.api.1')] ?? {};
}

/**
 * Why no SDK can be registered now, as a sentence with its mend. OpenTelemetry itself stays silent in both cases:
 * everything seems to work, and nothing is recorded.
 */
export function apiConflict(): string | undefined {
  const { version, ...slots } = registered();
  const own = ownVersion();
  if (version !== undefined && own !== undefined && version !== own) {
    return (
      `@opentelemetry/api ${version} was used in this process before annotel's ${own}, and the two do not mix: nothing is ` +
      `recorded. Let \`npm ls @opentelemetry/api\` show one version, ${own}, or start annotel first`
    );
  }
  const taken = (['trace', 'metrics', 'logs'] as const).filter((signal) => slots[signal] !== undefined);
  if (taken.length === 0) return undefined;
  return (
    `another OpenTelemetry SDK is registered already (${taken.join(', ')}; API ${version}), so annotel starts none: its ` +
    'spans, metrics and logs go where that SDK sends them. Start annotel first, or leave the other one out'
  );
}

/**
 * The API is loaded twice where an app mixes ES modules and CommonJS, and a tracer taken from the other copy before the
 * start would stay deaf for ever. To be called before the SDK is registered; the result, after.
 */
export function wakeEarlyTracers(): () => void {
  const other = loadedByRequire();
  if (other === undefined || other === trace) return () => {};
  const early = other.getTracerProvider() as { setDelegate?(provider: unknown): void };
  return () => early.setDelegate?.(trace.getTracerProvider());
}

/** Not loaded for this: where nobody has required it, nobody has a tracer of it. */
function loadedByRequire(): typeof trace | undefined {
  try {
    const api: { trace: typeof trace } | undefined = require.cache[require.resolve('@opentelemetry/api')]?.exports;
    return api?.trace;
  } catch {
    // Bundled into the app: there is one copy.
    return undefined;
  }
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
