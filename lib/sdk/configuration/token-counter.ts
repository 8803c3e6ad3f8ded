import { createRequire } from 'node:module';
import type { Settings } from '../../settings.js';
import { resolverOf } from '../app-packages.js';
import { warn } from '../warnings.js';

interface GptTokenizer {
  countTokens(text: string): number;
}

/**
 * Counts tokens by `gpt-tokenizer` (an optional peer; the tokens of OpenAI's models since GPT-4o), as an estimate for every
 * model. It is loaded when the first text is counted, which takes some tens of milliseconds.
 *
 * @param app where the app looks for packages: the tokenizer is its dependency
 * @returns `undefined`, with a warning, where the package is not installed
 */
export function tokenCounter(app = `${process.cwd()}/`): Settings['countTokens'] {
  const find = resolverOf('gpt-tokenizer', [createRequire(import.meta.url), createRequire(app)]);
  if (!find) {
    warn('ANNOTEL_ESTIMATE_TOKENS=true needs the package gpt-tokenizer; without it, no usage is estimated');
    return undefined;
  }
  let tokenizer: GptTokenizer | undefined;
  return (text) => {
    tokenizer ??= find('gpt-tokenizer') as GptTokenizer;
    return tokenizer.countTokens(text);
  };
}
