import { warnOfValue } from '../warnings.js';

/**
 * Typed access to a set of variables. An unset or blank variable is `undefined`; a value that cannot be understood is
 * `undefined` too, with one warning that names the variable, the value, what is allowed and what is used instead.
 * Surrounding blanks never matter, nor does the case of words.
 */
export class Environment {
  constructor(private readonly variables: Readonly<Record<string, string | undefined>>) {}

  text(name: string): string | undefined {
    return this.variables[name]?.trim() || undefined;
  }

  /** Those that are set and have such a name, unchanged: for OpenTelemetry's exporters in a thread. */
  matching(name: RegExp): Readonly<Record<string, string>> {
    const found = Object.entries(this.variables).filter(([key, value]) => name.test(key) && value !== undefined);
    return Object.fromEntries(found) as Record<string, string>;
  }

  flag(name: string): boolean | undefined {
    const word = this.oneOf(name, ['true', 'false'], 'false');
    return word === undefined ? undefined : word === 'true';
  }

  oneOf<const Word extends string>(name: string, words: readonly Word[], used: string): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = words.find((candidate) => candidate === text.toLowerCase());
    if (word === undefined) warnOfValue(name, text, words.join(', '), used);
    return word;
  }

  /** The known words of a comma list, each once; the unknown ones cost a warning. `undefined` if none is known. */
  listOf<const Word extends string>(name: string, words: readonly Word[], used: string): Word[] | undefined {
    const known = new Set<Word>();
    const unknown: string[] = [];
    for (const entry of this.text(name)?.split(',') ?? []) {
      const text = entry.trim();
      const word = words.find((candidate) => candidate === text.toLowerCase());
      if (word !== undefined) known.add(word);
      else if (text !== '') unknown.push(text);
    }
    const rest = known.size > 0 ? `the rest (${[...known].join(', ')})` : used;
    if (unknown.length > 0) warnOfValue(name, unknown.join(','), words.join(', '), rest);
    return known.size > 0 ? [...known] : undefined;
  }

  /** For a variable that OpenTelemetry reads itself, case-sensitively: warns of a word that it will not know. */
  check(name: string, words: readonly string[], used: string): void {
    const text = this.text(name);
    if (text !== undefined && !words.includes(text)) warnOfValue(name, text, words.join(', '), used);
  }

  number(name: string, range: { least: number; most: number; whole: boolean }, used: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value))) return value;
    warnOfValue(
      name,
      text,
      `${range.whole ? 'a whole number' : 'a number'} from ${range.least} to ${range.most}`,
      used,
    );
    return undefined;
  }

  /** An absolute `http:` or `https:` URL. */
  url(name: string, used: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || isHttpUrl(text)) return text;
    warnOfValue(name, text, 'a URL such as http://localhost:4318', used);
    return undefined;
  }
}

/** Whether `text` is an absolute `http:` or `https:` URL. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** A copy without the fields that are `undefined`: spread over others, they would take the place of a value. */
export function withoutUndefined<T extends object>(all: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}
