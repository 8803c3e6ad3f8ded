/*
 * What an error message may repeat of content that is no argument of the failed call: of an answer that the method read, or of
 * a prompt that it built.
 */

/** Members in which errors of parsers, tools and clients carry what was asked or answered; messages are made of them. */
const CARRIERS = ['llmOutput', 'observation', 'text', 'value', 'toolInput', 'input', 'received', 'requestBodyValues'];
/** A chain of causes is not longer, or goes round. */
const MOST_ERRORS = 8;

/**
 * The content that an error, its causes and the errors that it bundles carry: LangChain's `OutputParserException` has
 * `llmOutput`, errors of the Vercel AI SDK have `text`, `value` or `requestBodyValues`. Of use as what a message may repeat.
 * Pure; never throws.
 */
export function carriedContent(error: unknown): unknown[] {
  const carried: unknown[] = [];
  const errors: unknown[] = [error];
  for (let at = 0; at < errors.length && at < MOST_ERRORS; at++) {
    const one = errors[at];
    if (typeof one !== 'object' || one === null) continue;
    for (const name of CARRIERS) {
      const value = memberOf(one, name);
      if (value !== undefined && value !== null) carried.push(value);
    }
    const bundled = memberOf(one, 'errors');
    for (const inner of [memberOf(one, 'cause'), ...(Array.isArray(bundled) ? bundled : [])]) {
      if (inner !== undefined && !errors.includes(inner)) errors.push(inner);
    }
  }
  return carried;
}

function memberOf(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
