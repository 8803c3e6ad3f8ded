import { afterEach, expect, jest, test } from '@jest/globals';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { listen } from '../../../support/sdk-stderr.js';

afterEach(() => {
  delete process.env['ANNOTEL_ESTIMATE_TOKENS'];
  jest.restoreAllMocks();
});

test('where gpt-tokenizer is not installed, one warning says so and nothing is estimated', () => {
  const said = listen();
  process.env['ANNOTEL_ESTIMATE_TOKENS'] = 'true';
  expect(resolveOptions().settings.countTokens).toBeUndefined();
  expect(said).toEqual([
    'annotel: ANNOTEL_ESTIMATE_TOKENS=true needs the package gpt-tokenizer; without it, no usage is estimated',
  ]);
});

test('without the variable nothing is loaded, and nothing said', () => {
  const said = listen();
  expect(resolveOptions().settings.countTokens).toBeUndefined();
  expect(said).toEqual([]);
});
