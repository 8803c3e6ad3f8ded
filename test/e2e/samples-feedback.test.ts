import { beforeAll, expect, test } from '@jest/globals';
import { type PrintedTree, printedTrees } from '../support/printed-trees.js';
import { compile, start } from '../support/programs.js';

let output: string;
let trees: PrintedTree[];

beforeAll(async () => {
  compile('samples/feedback/tsconfig.json');
  const demo = start(['samples/feedback/dist/feedback/demo.js']);
  expect([await demo.ended, demo.output]).toEqual([0, expect.any(String)]);
  output = demo.output;
  trees = printedTrees(output);
}, 60_000);

const events = () =>
  [...output.matchAll(/^(gen_ai\.evaluation\.\S+) {2}trace (\S+)\n(.*)$/gm)].map(([, name, traceId, attributes]) => ({
    name,
    traceId,
    attributes: JSON.parse(attributes ?? ''),
  }));

test('an answer comes with a handle, feedback is taken with it, and a broken one is refused with a reason', () => {
  expect(output.match(/^POST \S+ → .*/gm)).toEqual([
    expect.stringMatching(/^POST \/ask → 200 \{"answer":"There is no .*","handle":"[\w-]{56,}"\}$/),
    'POST /feedback → 204 ',
    expect.stringMatching(/^POST \/feedback → 400 \{"message":"recordFeedback\(\): handle is [^"]+",.*\}$/),
  ]);
});

test('question and feedback are traces of their own', () => {
  expect(trees.map(({ shape }) => shape)).toEqual([
    'POST /ask\n└─ AssistantController.ask\n   └─ chat gpt-4o-mini\n      └─ POST',
    'POST /feedback\n└─ AssistantController.feedback',
    'POST /feedback\n└─ AssistantController.feedback',
  ]);
});

test('the feedback is told once in either form, in the trace of the model call, by the id of its answer', () => {
  const responseId = expect.stringMatching(/^chatcmpl-/);
  expect(events()).toEqual([
    {
      name: 'gen_ai.evaluation.result',
      traceId: trees[0]?.traceId,
      attributes: {
        'gen_ai.response.id': responseId,
        'gen_ai.evaluation.name': 'user_feedback',
        'gen_ai.evaluation.score.value': -1,
        'gen_ai.evaluation.score.label': 'thumbs_down',
      },
    },
    {
      name: 'gen_ai.evaluation.user_feedback',
      traceId: trees[0]?.traceId,
      attributes: { 'gen_ai.response.id': responseId, 'gen_ai.evaluation.score': -1 },
    },
  ]);
});

test('nothing of question, answer and comment is in the traces', () => {
  for (const { text } of trees) expect(text).not.toMatch(/sky|stand-in|sentence/);
});
