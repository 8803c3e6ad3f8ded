import type { CallNames } from '../call/operation.js';
import type { AnyFunction } from '../call/wrap.js';
import { warnOnce } from '../safely.js';

/** As minifiers name what they rename; `DB`, `Rag` and `API` are names that somebody chose. */
const SHORT = /^(?![A-Z]{2,3}$|[A-Z][a-z]{2}$)[\w$]{1,3}$/;
/** No space before the body, as in no source that a person or a compiler has written. */
const DENSE = /^[^{]*[^\s{]\{/;
/** A parameter has its name, as with tools that leave out spaces alone. */
const NAMED_PARAMETER = /^[^(]*\((?:[\w$]+,\s*)*[\w$]{3,}\s*[,)]/;

let told = false;

/**
 * Warns, once in a process, where telemetry goes by a name that a minifier has made up: at the first call that is recorded, since
 * nobody may listen before.
 *
 * @param namesOf gets the names of a call
 * @param method as it was decorated
 * @returns gets the same
 */
export function noticingMinified(
  namesOf: (self: unknown) => CallNames,
  method: AnyFunction,
): (self: unknown) => CallNames {
  let isKnown = false;
  return (self) => {
    const names = namesOf(self);
    if (!isKnown && !told) notice(names.method, method);
    isKnown = true;
    return names;
  };
}

function notice(name: string, method: AnyFunction): void {
  const [owner = ''] = name.split('.');
  const source = Function.prototype.toString.call(method);
  if (!SHORT.test(owner) || !DENSE.test(source) || NAMED_PARAMETER.test(source)) return;
  told = true;
  warnOnce(
    `'${name}' was named by a minifier, and spans, metrics and logs say so: keep names in the build, with keepNames (esbuild, ` +
      'rolldown), keep_classnames and keep_fnames (terser, webpack) or keepClassNames (swc)',
  );
}
