import type { OptionNames } from '../call/options.js';
import { nearest } from '../nearest.js';
import { SpanKind } from '../otel.js';
import { describeTarget } from './class-names.js';

/** The error of a decorator on something that it cannot observe. Names class, member and mend. */
export function wrongPlace(decorator: string, where: string, what: string): TypeError {
  return new TypeError(
    `@${decorator}() on ${where}: it cannot observe ${what}. Put it on a method` +
      (decorator === 'Traced' ? ', or on a class.' : '; for a whole class use @Traced().'),
  );
}

/** Whether a decorator was called with options. Without its parentheses it is called with a method, a class or a prototype. */
export function isOptions(options: unknown): options is object {
  return typeof options === 'object' && options !== null && !Object.hasOwn(options, 'constructor');
}

/** The error of a decorator that was written without its parentheses or with options of another type. */
export function wrongOptions(decorator: string, example: string, options: unknown): TypeError {
  const isPlace = typeof options === 'function' || (typeof options === 'object' && options !== null);
  const where = isPlace ? ` on ${describeTarget(options)}` : '';
  return new TypeError(`@${decorator}${where}: this is given no options. Write it with parentheses, as in ${example}.`);
}

/** A decorator's options as they were written. */
export interface WrittenOptions {
  /** The decorator's name. */
  readonly decorator: string;
  readonly options: object;
  /** The options that it takes. */
  readonly known: OptionNames<object>;
  /** Those that it cannot do without. */
  readonly required?: readonly string[];
}

/**
 * Looks at the options of a decorator at the place where it stands.
 *
 * @param elsewhere a further sentence about what it takes
 * @throws TypeError for an option that it does not have, one that is missing, or a kind that is none; names place and mend
 */
export function checkOptions(
  where: string,
  { decorator, options, known, required }: WrittenOptions,
  elsewhere = '',
): void {
  const at = `@${decorator}() on ${where}:`;
  const names = Object.keys(known).sort();
  const unknown = Object.keys(options).find((option) => !names.includes(option));
  if (unknown !== undefined) {
    const meant = nearest(unknown, names);
    const question = meant === undefined ? '.' : `; did you mean '${meant}'?`;
    throw new TypeError(`${at} there is no option '${unknown}'${question} It takes ${names.join(', ')}.${elsewhere}`);
  }
  const given = options as Readonly<Record<string, unknown>>;
  const missing = required?.find((option) => given[option] === undefined || given[option] === '');
  if (missing !== undefined) throw new TypeError(`${at} it needs ${required?.join(' and ')}; '${missing}' is missing.`);
  const { kind } = given;
  if (kind !== undefined && (typeof kind !== 'number' || SpanKind[kind] === undefined)) {
    const meant = nearest(String(kind).toUpperCase(), ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']);
    throw new TypeError(`${at} '${String(kind)}' is no kind. Write it as SpanKind.${meant ?? 'CONSUMER'}.`);
  }
}
