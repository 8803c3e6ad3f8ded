import { beforeAll, expect, test } from '@jest/globals';
import { type PrintedTree, printedTrees } from '../support/printed-trees.js';
import { compile, start } from '../support/programs.js';

let output: string;
let trees: PrintedTree[];

beforeAll(async () => {
  compile('samples/streaming/tsconfig.json');
  const demo = start(['samples/streaming/dist/streaming/demo.js']);
  expect([await demo.ended, demo.output]).toEqual([0, expect.any(String)]);
  output = demo.output;
  trees = printedTrees(output);
}, 60_000);

test('the answer comes through', () => {
  expect(output).toContain('There is no language model here, only a stand-in. You said: How does a rainbow come about');
});

test('each request has a trace with the model call in it', () => {
  const shape = 'POST\n└─ chat gpt-4o-mini\n   └─ POST';
  expect(trees.map((tree) => tree.shape)).toEqual([shape, shape]);
  expect(new Set(trees.map(({ traceId }) => traceId)).size).toBe(2);
});

test('a stream that was read tells tokens, cost and first-chunk time', () => {
  expect(trees[0]?.text).toMatch(
    /chat gpt-4o-mini {2}[\d.]+ m?s {2}30→38 tokens {2}0\.0000273 USD {2}first chunk [\d.]+ m?s$/m,
  );
});

test('one whose client hung up says that it was stopped, and makes up no tokens', () => {
  expect(trees[1]?.text).toMatch(/chat gpt-4o-mini {2}[\d.]+ m?s {2}first chunk [\d.]+ m?s {2}stopped$/m);
});

test('nothing of question and answer stands in the traces, and nothing failed', () => {
  for (const { text } of trees) expect(text).not.toMatch(/rainbow|stand-in|✗/);
});
