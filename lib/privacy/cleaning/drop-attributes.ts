const MOST_NAMES = 5000;

/**
 * Whether an attribute is one of those that never leave.
 *
 * @param patterns names of attributes; `*` stands for any part of one
 * @returns `undefined` where there are no patterns, so that nobody has to ask
 */
export function droppedBy(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const globs = patterns.map((pattern) => pattern.split('*'));
  // The names of attributes are few and come again with every span.
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const isDropped = globs.some((parts) => matches(parts, name));
    if (known.size < MOST_NAMES) known.set(name, isDropped);
    return isDropped;
  };
}

/** Looks for one part after the other, the first place of each: a regular expression with many `.*` would try them all. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
