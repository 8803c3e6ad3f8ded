import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/programs.js';
import { run, warnings } from '../../support/sdk-child.js';

const APP = `
  import { Traced } from 'annotel';
  class RagService {
    @Traced() async answer(question: string) { return question; }
    @Traced() async search(question: string) { return question; }
  }
  await new RagService().answer('why');
  await new RagService().search('why');
`;

describe('a bundle that is minified', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'annotel-minified-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/annotel'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "experimentalDecorators": true } }');
    writeFileSync(join(folder, 'app.ts'), APP);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const bundled = async (name: string, options: string[]) => {
    const cli = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');
    const common = ['--format', 'esm', '--platform', 'node', '--external', 'annotel', '--tsconfig', 'tsconfig.json'];
    const args = [cli, 'app.ts', ...common, ...options, '--file', `${name}.js`];
    await promisify(execFile)(process.execPath, args, { cwd: folder });
    return run(['--import', 'annotel/register', `${name}.js`], { ANNOTEL_CONSOLE: 'tree' }, folder);
  };

  it('is told so where its classes have lost their names, once', async () => {
    const ended = await bundled('lost', ['--minify']);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\w{1,2}\.answer /m) });
    expect(warnings(ended)).toEqual([expect.stringMatching(/^annotel: '\w{1,2}\.answer' was named by a minifier/)]);
  });

  it.each([
    ['kept', ['--minify', '--keep-names']],
    ['plain', []],
  ])('is told nothing where they have their names: %s', async (name, options) => {
    const ended = await bundled(name, options);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^RagService\.answer /m), stderr: '' });
  });
});
