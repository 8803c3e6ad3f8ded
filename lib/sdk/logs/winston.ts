import { createRequire } from 'node:module';
import { type Context, context, isSpanContextValid, logs, trace } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { safely } from '../../safely.js';
import { loadOwn } from '../app-packages.js';
import { printing } from './own-output.js';
import { type Info, winstonLevel, winstonRecord } from './winston-record.js';

const require = createRequire(import.meta.url);

/** Name of the logger of winston's records. */
export const WINSTON = 'winston';

/** Beside what every instrumentation takes. */
export interface WinstonConfig extends InstrumentationConfig {
  /** Only the ids in winston's own output, no records. */
  disableLogSending?: boolean;
}

/** The part of winston's logger that is used here; the package itself need not be installed. */
interface WinstonLogger {
  readonly levels: Readonly<Record<string, number>>;
  readonly transports?: readonly object[];
  isLevelEnabled?(level: string): boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: methods of a library that need not be installed
type Method = (this: any, ...args: any[]) => unknown;
type Wrapper = (original: Method) => Method;

/** Where a record's context is kept; the transport that OpenTelemetry has for winston looks there too. */
const CONTEXT = Symbol.for('opentelemetry.js.contrib.winston.context');

/**
 * Patches winston 3: the ids of the active span in each of its records, before the app's formats see it, and each record
 * that winston itself would write anywhere exported, as those formats leave it. What OpenTelemetry offers for that sends
 * through a package that the app would have to install, and that SDK 3 does not hear.
 */
export function winstonInstrumentation(): new (config: WinstonConfig) => Instrumentation {
  // Loaded here: who has no winston does not pay for it, and it is the copy that the other instrumentations use.
  const {
    InstrumentationBase,
    InstrumentationNodeModuleDefinition: Package,
    InstrumentationNodeModuleFile: File,
  } = loadOwn<typeof import('@opentelemetry/instrumentation')>('@opentelemetry/instrumentation', () =>
    require('@opentelemetry/instrumentation'),
  );

  return class WinstonInstrumentation extends InstrumentationBase<WinstonConfig> {
    constructor(config: WinstonConfig) {
      super(WINSTON, '3.0.0', config);
    }

    protected override init() {
      const isSending = () => this.isEnabled() && this.getConfig().disableLogSending !== true;
      return [
        ...this.patches('winston', ['>=3 <4'], 'lib/winston/logger.js', {
          write: stamping,
          _transform: following,
          push: (original) => sending(original, isSending),
        }),
        ...this.patches('winston-transport', ['>=4 <5'], 'modern.js', { _write: quietly, _writev: quietly }),
      ];
    }

    private patches(name: string, versions: string[], file: string, wrappers: Record<string, Wrapper>) {
      type Class = { prototype: Record<string, Method> };
      const methods = Object.keys(wrappers);
      const patch = (patched: Class) => {
        for (const method of methods) this._wrap(patched.prototype, method, wrappers[method] as Wrapper);
        return patched;
      };
      const unpatch = (patched?: Class) => {
        if (patched) for (const method of methods) this._unwrap(patched.prototype, method);
      };
      return [
        new Package(name, versions, undefined, undefined, [new File(`${name}/${file}`, versions, patch, unpatch)]),
      ];
    }
  };
}

/** The context is that of the call: a logger whose transports are slow formats its records later. */
const stamping: Wrapper = (original) =>
  function write(info: Info, ...rest) {
    safely('putting ids into a winston record', () => stamp(info));
    return original.call(this, info, ...rest);
  };

function stamp(info: Info): void {
  const active = context.active();
  const span = trace.getSpanContext(active);
  // An error that is logged is a record itself, and may come again outside of the span.
  const isOurs = info[CONTEXT] !== undefined;
  if (span !== undefined && isSpanContextValid(span) && (isOurs || info.trace_id === undefined)) {
    info.trace_id = span.traceId;
    info.span_id = span.spanId;
    info.trace_flags = `0${span.traceFlags.toString(16)}`;
  } else if (isOurs) {
    delete info.trace_id;
    delete info.span_id;
    delete info.trace_flags;
  }
  Object.defineProperty(info, CONTEXT, { value: active, enumerable: true, configurable: true, writable: true });
}

interface Transforming {
  readonly logger: object;
  readonly info: Info;
}

/** The record that a logger formats at this moment: between here and `push` nothing waits. */
let transforming: Transforming | undefined;

const following: Wrapper = (original) =>
  function _transform(info: Info, ...rest) {
    const outer = transforming;
    transforming = { logger: this, info };
    try {
      return original.call(this, info, ...rest);
    } finally {
      transforming = outer;
    }
  };

/** What a format has turned down is pushed as `false`. */
function sending(original: Method, isSending: () => boolean): Method {
  return function push(formatted: Info | false | null, ...rest) {
    const current = transforming;
    if (current !== undefined && current.logger === this && formatted && isSending()) {
      safely('exporting a winston record', () => send(this, formatted, current.info));
    }
    return original.call(this, formatted, ...rest);
  };
}

function send(logger: WinstonLogger, formatted: Info, original: Info): void {
  const level = winstonLevel(formatted, original);
  if (logger.isLevelEnabled?.(level) === false || logger.transports?.some(sendsItself)) return;
  const active = (original[CONTEXT] as Context | undefined) ?? context.active();
  logs.getLogger(WINSTON).emit({ ...winstonRecord(formatted, original, level, logger.levels), context: active });
}

/** The transport of OpenTelemetry's own, where the app has put it in. */
function sendsItself(transport: object): boolean {
  return transport.constructor?.name === 'OpenTelemetryTransportV3';
}

/** A transport may well print through `console`. */
const quietly: Wrapper = (original) =>
  function written(...args) {
    return printing(() => original.apply(this, args));
  };
