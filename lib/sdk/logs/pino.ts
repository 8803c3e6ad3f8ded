import { createRequire } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { PinoInstrumentationConfig } from '@opentelemetry/instrumentation-pino';

const require = createRequire(import.meta.url);

/** The part of pino that is used here; the package itself need not be installed. */
interface Pino {
  multistream?(streams: unknown, options?: unknown): Multistream;
}
interface Multistream {
  readonly streams: readonly { readonly stream: Flushable }[];
  flush?(callback: Callback): void;
}
interface Flushable {
  flush?(callback: Callback): void;
}
type Callback = (error?: Error | null) => void;

/**
 * OpenTelemetry's instrumentation of pino, with `flush` repaired: it puts a multistream before the app's stream, which
 * cannot be flushed, so that an app that flushes before it exits would lose what it has logged.
 */
export function pinoInstrumentation(): new (config: PinoInstrumentationConfig) => Instrumentation {
  const {
    PinoInstrumentation,
  }: typeof import('@opentelemetry/instrumentation-pino') = require('@opentelemetry/instrumentation-pino');
  return class extends PinoInstrumentation {
    protected override init() {
      const definitions = super.init();
      for (const definition of definitions) {
        const patch = definition.patch?.bind(definition);
        definition.patch = (module, version) => {
          flushable(module.default ?? module);
          return patch?.(module, version);
        };
      }
      return definitions;
    }
  };
}

const mended = new WeakSet<Pino>();

function flushable(pino: Pino): void {
  const { multistream } = pino;
  if (multistream === undefined || mended.has(pino)) return;
  mended.add(pino);
  pino.multistream = function withFlush(streams, options) {
    const made = multistream(streams, options);
    const [first, second] = Array.isArray(streams) ? streams : [];
    const target: Flushable | undefined = first?.stream;
    if (second?.stream?.constructor?.name === 'OTelPinoStream' && typeof target?.flush === 'function') {
      made.flush = (callback) => target.flush?.(callback);
    }
    return made;
  };
}
