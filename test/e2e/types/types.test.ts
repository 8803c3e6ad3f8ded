import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../support/programs.js';

const HERE = 'test/e2e/types';

test('the published types fit legacy and standard decorators, and refuse what does not fit', () => {
  expect(compiler('-b', '--force', `${HERE}/tsconfig.legacy.json`, `${HERE}/tsconfig.standard.json`)).toBe('');
});

test('a type that does not fit would be noticed', () => {
  // A private method can be decorated as the standard has it, and not otherwise.
  const refused = compiler('-p', `${HERE}/tsconfig.standard.json`, '--experimentalDecorators', 'true');
  expect(refused).toContain('standard.ts(4,3): error TS1206');
});

const MISTAKES = [
  "'provder' does not exist in type 'LlmCallOptions<any[], any>'. Did you mean to write 'provider'?",
  "'index' does not exist in type 'RetrievalOptions<any[], any>'.",
  'Type \'"sing"\' is not assignable to type',
  "Type 'string' is not assignable to type 'boolean | undefined'.",
  `'Misuse<"a callback of the options takes other parameters than this method", [id: string]>' is not assignable to type`,
  `'Misuse<"a callback of the options takes other parameters than this method", [message: { headers: object; }]>' is not`,
  `'Misuse<"a callback of the options takes another result than that of this method", number>' is not assignable to type`,
  /'Misuse<"it goes on a method, not on a (property|field)", unknown>'/,
  /'Misuse<"it goes on a method, not on an? (accessor|getter)", unknown>'/,
  `'Misuse<"it goes on a method, not on a class", unknown>' is not assignable to type 'void | typeof NoMethod'.`,
  "Argument of type 'number' is not assignable to parameter of type",
];

test.each(['true', 'false'])('what is wrong is said in one line (experimentalDecorators: %s)', (legacy) => {
  const options = ['--experimentalDecorators', legacy, '--emitDecoratorMetadata', legacy];
  const lines = compiler('-p', `${HERE}/tsconfig.mistakes.json`, ...options)
    .trim()
    .split('\n');
  expect(lines).toEqual(
    MISTAKES.map((mistake) =>
      typeof mistake === 'string' ? expect.stringContaining(mistake) : expect.stringMatching(mistake),
    ),
  );
});

function compiler(...args: string[]): string {
  try {
    return execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], {
      cwd: ROOT,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
