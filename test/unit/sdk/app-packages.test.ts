import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canResolve, resolverOf } from '../../../lib/sdk/app-packages.js';

describe('a package that annotel does not bring along', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'annotel-packages-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const app = (name: string) => createRequire(join(folder, name, 'app.js'));
  const installed = (name: string) => {
    const path = join(folder, name, 'node_modules', 'wanted');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), JSON.stringify({ main: 'index.js' }));
    writeFileSync(join(path, 'index.js'), `module.exports = ${JSON.stringify(name)};`);
  };

  it('is loaded from the first place that has it', () => {
    installed('two');
    installed('three');
    expect(resolverOf('wanted', [app('one'), app('two'), app('three')])?.('wanted')).toBe('two');
  });

  it('is found where it can only be imported', () => {
    const resolve = () => {
      throw Object.assign(new Error('No "exports" main defined'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
    };
    expect(canResolve({ resolve } as unknown as NodeJS.Require, 'wanted')).toBe(true);
  });

  it('is missing where no place has it', () => {
    expect(resolverOf('wanted', [app('one')])).toBeUndefined();
    expect(resolverOf('annotel-wanted-by-nobody')).toBeUndefined();
  });
});
