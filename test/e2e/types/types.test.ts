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
