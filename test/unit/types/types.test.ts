import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../support/source-tree.js';

const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));

test.each(['legacy', 'standard'])(
  'the types fit %s decorators, and refuse what does not fit',
  async (mode) => {
    const project = fileURLToPath(new URL(`test/unit/types/tsconfig.${mode}.json`, ROOT));
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch((error) => error);
    expect(stdout).toBe('');
  },
  60_000,
);
