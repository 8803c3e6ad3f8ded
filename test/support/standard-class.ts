import { transformSync } from '@swc/core';

/**
 * Compiles a class with standard decorators, whichever the running project compiles to: legacy ones cannot stand on private
 * members, not even in a file that would leave them out at run time.
 *
 * @param source one class declaration
 * @param scope the names that the source uses
 */
export function standardClass<T>(source: string, scope: Record<string, unknown>): new () => T {
  const name = /^class (\w+)/.exec(source)?.[1];
  const { code } = transformSync(source, {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { decoratorVersion: '2022-03' },
      keepClassNames: true,
    },
    isModule: false,
  });
  return new Function(...Object.keys(scope), `${code}; return ${name};`)(...Object.values(scope));
}
