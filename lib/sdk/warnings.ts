import { Console } from 'node:console';
import { formatWithOptions } from 'node:util';
import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api';
import { withoutCredentials } from '../privacy/cleaning/web-address.js';

const LONGEST = 600;
const MOST_DISTINCT = 200;

let terminal: Console | undefined;
let silenced = false;
let listener: ((sentence: string) => void) | undefined;
const reported: { variable: string; value: string }[] = [];

/** Silences everything in this file, for `OTEL_LOG_LEVEL=none`. */
export function silence(on: boolean): void {
  silenced = on;
}

/** Hands every sentence to `listen` in place of stderr, until the result is called. */
export function collectWarnings(listen: (sentence: string) => void): () => void {
  listener = listen;
  return () => {
    listener = undefined;
  };
}

/** Says one sentence on stderr as `annotel: …`. The only way in which `lib/sdk` writes to it; never throws. */
export function warn(sentence: string): void {
  if (listener) return listener(sentence);
  if (silenced) return;
  // A Console swallows the errors of its streams: a closed stderr must not crash the app.
  terminal ??= new Console({ stdout: process.stdout, stderr: process.stderr });
  terminal.error('annotel: %s', sentence);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Names a variable, the value that cannot be understood, what is allowed, and what is used in its place.
 */
export function warnOfValue(variable: string, value: string, allowed: string, used: string): void {
  if (reported.some((known) => known.variable === variable && known.value === value)) return;
  reported.push({ variable, value });
  warn(`${variable}=${quoted(withoutCredentials(value))} is not understood (allowed: ${allowed}); using ${used}`);
}

/** Forgets which values were reported, so that the next start reports them again. */
export function forgetReported(): void {
  reported.length = 0;
}

/**
 * A logger for OpenTelemetry's `diag`: writes to stderr, each distinct warning and error once, and leaves out what
 * `warnOfValue` has said already. Levels below warning pass unfiltered; whoever asks for them wants all of them.
 */
export function diagLogger(): DiagLogger {
  const seen = new Set<string>();
  const once = (...args: unknown[]) => {
    const text = inPlainTerms(readable(args));
    // Bytes and ids differ from one report of the same trouble to the next.
    const trouble = text.replace(/<Buffer.*/s, '').replace(/\b[\da-f]{16,32}\b/g, '');
    if (seen.has(trouble) || seen.size >= MOST_DISTINCT || isKnown(text)) return;
    seen.add(trouble);
    warn(text);
  };
  const always = (...args: unknown[]) => warn(readable(args));
  return { error: once, warn: once, info: always, debug: always, verbose: always };
}

/** The `diag` levels by the names that `OTEL_LOG_LEVEL` takes, in lower case. */
export const DIAG_LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
} as const;

/** What the API says when a second SDK registers itself, which then gets nothing and says nothing. */
function inPlainTerms(text: string): string {
  if (!text.includes('@opentelemetry/api: Attempted duplicate registration')) return text;
  return 'another OpenTelemetry SDK was started after annotel and receives nothing: start it first, or leave out annotel/register';
}

function isKnown(text: string): boolean {
  // What an endpoint has to be is said here; the exporters take any target of gRPC for a broken URL.
  if (text.startsWith('Configuration: Could not parse environment-provided export URL')) return true;
  return reported.some(
    ({ variable, value }) =>
      text.includes(variable) ||
      (/_(CERTIFICATE|KEY)$/.test(variable) && /^Failed to read .* file$/.test(text)) ||
      value.split(',').some((word) => text.includes(`"${word}"`) || text.includes(`'${word}'`)),
  );
}

function readable(args: unknown[]): string {
  const text = formatWithOptions({ depth: 2, breakLength: Number.POSITIVE_INFINITY }, ...args.map(unwrapped));
  const plain = text.replace(/^annotel: /, '');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

/** The SDK's error handler reports an error as JSON with its stack; what counts is its name and message. */
function unwrapped(arg: unknown): unknown {
  if (arg instanceof Error) return `${arg.name}: ${arg.message}`;
  if (typeof arg !== 'string' || !arg.startsWith('{"')) return arg;
  try {
    const { name = 'Error', message } = JSON.parse(arg) as { name?: string; message?: string };
    return message === undefined ? arg : `${name}: ${message}`;
  } catch {
    return arg;
  }
}

/** A value as it stands in a message: on one line, bounded, in quotes. */
function quoted(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
