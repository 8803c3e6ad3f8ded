/** How many places were masked so far. */
export interface MaskCounter {
  masked: number;
}

/** Masks one kind of thing in a text; what it masks it counts. Takes time linear in the length of the text. */
export type Masker = (text: string, counter: MaskCounter) => string;

/**
 * Where a word may begin, for the source of a pattern: not inside of another word, but right behind an escape (`\n` or
 * `\u0022` in JSON that stands in a string, `%22` in a URL), whose last character looks like one.
 */
export const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrt]|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}))`;

/** A masker that replaces what matches and passes `isMeant`. */
export function masker(
  pattern: RegExp,
  mark: string,
  isMeant?: (match: string, offset: number, text: string) => boolean,
): Masker {
  return (text, counter) =>
    text.replace(pattern, (match: string, ...rest: unknown[]) => {
      // Behind the groups stand offset and text.
      const at = rest.findIndex((argument) => typeof argument === 'number');
      if (isMeant && !isMeant(match, rest[at] as number, text)) return match;
      counter.masked += 1;
      return mark;
    });
}

/** A masker that replaces the last group of what matches; the first group, which leads to it, stays. */
export function maskerBehind(pattern: RegExp, mark: string, isMeant?: (value: string) => boolean): Masker {
  return (text, counter) =>
    text.replace(pattern, (match: string, lead: string, value: string) => {
      if (isMeant && !isMeant(value)) return match;
      counter.masked += 1;
      return lead + mark;
    });
}
