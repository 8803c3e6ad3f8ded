import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ATTR_CODE_FUNCTION_NAME, SCOPE_NAME } from '../../genai/semconv.js';
import { SeverityNumber } from '../../otel.js';
import { WINSTON } from './winston.js';

/** One entry of `ANNOTEL_LOG_LEVELS`. */
export interface LogLevelRule {
  /** Name of a logger; `*` stands for any characters. Upper and lower case differ. */
  readonly pattern: string;
  /** Least severity number that is exported; `Infinity` for `off`. */
  readonly least: number;
}

const LEVELS: Readonly<Record<string, number>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
  off: Number.POSITIVE_INFINITY,
};

/** Names whose answer is remembered: a name may hold anything, so there may be any number of them. */
const MOST_NAMES = 1000;

/**
 * Reads `RagService=debug,openai=info,*=warn`. Levels are trace, debug, info, warn, error, fatal and off, in any case.
 *
 * @returns the entries that are understood, and the text of those that are not
 */
export function parseLogLevels(text: string): { rules: LogLevelRule[]; unknown: string[] } {
  const rules: LogLevelRule[] = [];
  const unknown: string[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, pattern, word] = /^(.*\S)\s*=\s*(\w+)$/.exec(entry) ?? [];
    const level = word?.toLowerCase();
    if (pattern !== undefined && level !== undefined && Object.hasOwn(LEVELS, level)) {
      rules.push({ pattern, least: LEVELS[level] as number });
    } else unknown.push(entry);
  }
  return { rules, unknown };
}

/**
 * Decides by logger and severity what is exported; the logger's own output keeps its own level. Of the rules that fit a
 * name the most specific one counts: the name itself before a pattern, more literal characters before fewer, so `*` last,
 * and of equals the later one. A logger that no rule fits is exported whole.
 */
export class LogLevels {
  readonly #rules: readonly { readonly fits: RegExp; readonly least: number }[];
  readonly #known = new Map<string, number>();

  constructor(rules: readonly LogLevelRule[]) {
    // Reversed first, as the sort keeps the order of equals.
    this.#rules = [...rules]
      .reverse()
      .sort((one, other) => specificity(other.pattern) - specificity(one.pattern))
      .map(({ pattern, least }) => ({ fits: regExp(pattern), least }));
  }

  /**
   * Whether a record is exported.
   *
   * @param severity one of `SeverityNumber`; a record without counts as information
   */
  isWanted(loggerName: string, severity: number | undefined): boolean {
    if (this.#rules.length === 0) return true;
    return (severity || SeverityNumber.INFO) >= this.#least(loggerName);
  }

  #least(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    const least = this.#rules.find(({ fits }) => fits.test(name))?.least ?? 0;
    this.#known.set(name, least);
    return least;
  }
}

function specificity(pattern: string): number {
  return pattern.includes('*') ? pattern.replaceAll('*', '').length : Number.POSITIVE_INFINITY;
}

function regExp(pattern: string): RegExp {
  const literals = pattern.split(/\*+/).map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literals.join('.*')}$`, 's');
}

type Named = Pick<ReadableLogRecord, 'instrumentationScope' | 'attributes'>;

const PINO = '@opentelemetry/instrumentation-pino';

/**
 * The name by which `ANNOTEL_LOG_LEVELS` knows the logger of a record: for Nest's loggers the context, for pino its
 * `name`, for winston `service` or `label` (both else the `context` that Nest adapters write, else the library), for the
 * record of a decorated call the class. Any other logger goes by its OpenTelemetry name; annotel's events are `annotel`.
 */
export function loggerName({ instrumentationScope: { name }, attributes }: Named): string {
  if (name === SCOPE_NAME) return className(attributes[ATTR_CODE_FUNCTION_NAME]) ?? name;
  if (name === PINO) return text(attributes.name) ?? text(attributes.context) ?? 'pino';
  if (name !== WINSTON) return name;
  return text(attributes.service) ?? text(attributes.label) ?? text(attributes.context) ?? WINSTON;
}

/** `RagService` of `RagService.answer`; a plain function has none. */
function className(method: unknown): string | undefined {
  return typeof method === 'string' ? text(method.slice(0, Math.max(0, method.lastIndexOf('.')))) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
