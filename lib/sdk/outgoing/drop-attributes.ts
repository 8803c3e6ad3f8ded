const MOST_NAMES = 5000;

/**
 * Whether an attribute is one of those that never leave.
 *
 * @param patterns names of attributes; `*` stands for any part of one
 * @returns `undefined` where there are no patterns, so that nobody has to ask
 */
export function droppedBy(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const any = new RegExp(`^(?:${patterns.map(source).join('|')})$`);
  // The names of attributes are few and come again with every span.
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const isDropped = any.test(name);
    if (known.size < MOST_NAMES) known.set(name, isDropped);
    return isDropped;
  };
}

function source(pattern: string): string {
  return pattern
    .split('*')
    .map((part) => part.replace(/[.\\^$+?()[\]{}|/-]/g, '\\$&'))
    .join('.*');
}
