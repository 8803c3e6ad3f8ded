import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { type PrintedTree, printedTrees } from '../support/printed-trees.js';
import { compile, ROOT, start } from '../support/programs.js';

/*
 * The sample brings its own package.json, so it is compiled and run from among the packages installed here: beside them, so
 * that it finds them, and with the link to annotel that `npm install` makes in its own folder.
 */

const MODULES = 'test/clients/node_modules';
const SAMPLES = `${MODULES}/.samples`;

let output: string;
let trees: PrintedTree[];

beforeAll(async () => {
  const link = join(ROOT, MODULES, 'annotel');
  if (!existsSync(link)) symlinkSync('../../..', link, 'dir');
  rmSync(join(ROOT, SAMPLES), { recursive: true, force: true });
  for (const folder of ['langchain', 'local']) {
    cpSync(join(ROOT, 'samples', folder), join(ROOT, SAMPLES, folder), {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist)$/.test(path) && !/package(-lock)?\.json$/.test(path),
    });
  }
  compile(`${SAMPLES}/langchain/tsconfig.json`);
  const sample = start(['--import', 'annotel/register', `${SAMPLES}/langchain/dist/langchain/main.js`]);
  expect([await sample.ended, sample.output]).toEqual([0, expect.any(String)]);
  output = sample.output;
  trees = printedTrees(output);
}, 60_000);

test('it installs the versions that it is tested with', () => {
  const { annotel, ...needed } = dependencies('samples/langchain');
  expect(annotel).toBe('file:../..');
  expect(dependencies('test/clients')).toMatchObject(needed);
});

test('the tools are asked and the chain has the last word', () => {
  expect(output).toContain(
    'You said: Say this in one sentence: It is 21 °C and sunny in Lisbon. It is 10:30 in Lisbon.',
  );
});

test('graph and chain are one trace below the decorated method', () => {
  expect(trees.map(({ shape }) => shape.split('\n').filter((line) => !line.endsWith('POST')))).toEqual([
    [
      'invoke_workflow travel.advise',
      '├─ invoke_agent travel-agent',
      '│  ├─ model',
      '│  │  ├─ chat gpt-4o-mini',
      '│  ├─ tools',
      '│  │  ├─ execute_tool get_weather',
      '│  │  └─ execute_tool get_local_time',
      '│  └─ model',
      '│     ├─ chat gpt-4o-mini',
      '├─ invoke_workflow summary',
      '│  └─ chat gpt-4o-mini',
    ],
  ]);
});

test('each model call tells its tokens, and the agent the sum of its own', () => {
  const counts = [...(trees[0]?.text ?? '').matchAll(/(\d+)→(\d+) tokens/g)].map(([, input]) => Number(input));
  const [agent, first = Number.NaN, second = Number.NaN] = counts;
  expect(counts).toHaveLength(4);
  expect(agent).toBe(first + second);
});

test('nothing that was asked or found out stands in the trace, and nothing failed', () => {
  expect(trees[0]?.text).not.toMatch(/Lisbon|sunny|✗/);
});

function dependencies(folder: string): Record<string, string> {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')).dependencies;
}
