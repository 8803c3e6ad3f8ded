/** The class that a legacy decorator was applied in: `target` is its prototype, or the class itself for static members. */
export function describeTarget(target: object): string {
  const owner = typeof target === 'function' ? target : target.constructor;
  return owner?.name || '(anonymous class)';
}

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
