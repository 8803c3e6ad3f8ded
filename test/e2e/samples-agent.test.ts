import { beforeAll, expect, test } from '@jest/globals';
import { type PrintedTree, printedTrees } from '../support/printed-trees.js';
import { compile, start } from '../support/programs.js';

let output: string;
let trees: PrintedTree[];

beforeAll(async () => {
  compile('samples/agent/tsconfig.json');
  const sample = start(['samples/agent/dist/agent/main.js']);
  expect([await sample.ended, sample.output]).toEqual([0, expect.any(String)]);
  output = sample.output;
  trees = printedTrees(output);
}, 60_000);

test('the model gets to know what its tools said, and answers from it', () => {
  expect(output).toContain('It is 21 °C and sunny in Lisbon. It is 10:30 in Lisbon.');
});

test('the turn of the agent is one trace: model, both tools, model', () => {
  expect(trees.map(({ shape }) => shape)).toEqual([
    [
      'invoke_agent travel-agent',
      '├─ chat gpt-4o-mini',
      '│  └─ POST',
      '├─ execute_tool get_weather',
      '├─ execute_tool get_local_time',
      '└─ chat gpt-4o-mini',
      '   └─ POST',
    ].join('\n'),
  ]);
});

test('the first answer asks for tools, and the tokens of both add up to those of the agent', () => {
  const text = trees[0]?.text ?? '';
  expect(text).toMatch(/^├─ chat .* tool_calls$/m);
  const counts = [...text.matchAll(/(\d+)→(\d+) tokens/g)].map(([, input, output]) => [Number(input), Number(output)]);
  const [agent, first, second] = counts as [number[], number[], number[]];
  expect(counts).toHaveLength(3);
  expect(agent).toEqual(first.map((count, index) => count + (second[index] ?? Number.NaN)));
});

test('the calls of the agent are counted', () => {
  expect(output.match(/^annotel\.agent\..*/gm)).toEqual([
    'annotel.agent.inference_calls = 2',
    'annotel.agent.tool_calls = 2',
  ]);
});

test('nothing that was asked or found out stands in the trace, and nothing failed', () => {
  expect(trees[0]?.text).not.toMatch(/Lisbon|sunny|✗/);
});
