import { beforeAll, expect, test } from '@jest/globals';
import { type PrintedTree, printedTrees } from '../support/printed-trees.js';
import { compile, start } from '../support/programs.js';

let output: string;
let trees: PrintedTree[];

beforeAll(async () => {
  compile('samples/two-services/tsconfig.json');
  const demo = start(['samples/two-services/dist/two-services/demo.js']);
  expect([await demo.ended, demo.output]).toEqual([0, expect.any(String)]);
  output = demo.output;
  trees = printedTrees(output);
}, 120_000);

test('one trace goes through gateway, answer service, queue and worker, and tells the tenant as soon as it is known', () => {
  expect(trees.map(({ text }) => text.replace(/ {2}\d+ ms/g, ''))).toEqual([
    `POST /questions  [gateway, for nobody yet]
└─ GatewayController.ask  [gateway, for acme]
   ├─ POST  [gateway, for acme]
   │  └─ POST /answers  [answers, for acme]
   │     └─ AnswerController.answer  [answers, for acme]
   │        ├─ retrieval notes  [answers, for acme]
   │        └─ chat gpt-4o-mini  [answers, for acme]
   │           └─ POST  [answers, for acme]
   └─ send jobs  [gateway, for acme]
      └─ process jobs  [worker, for acme]
         └─ chat gpt-4o-mini  [worker, for acme]
            └─ POST  [worker, for acme]`,
  ]);
});

test('the services know the tenant themselves', () => {
  expect(output).toContain('answers: works for acme\n');
  expect(output).toContain('worker: did "summarise" for acme\n');
});

test('the model provider is told the trace, and nothing of tenant or user', () => {
  const told = [...output.matchAll(/^traceparent 00-(\w+)-\w+-01, baggage (.*)$/gm)].map(([, ...parts]) => parts);
  const { traceId } = trees[0] as PrintedTree;
  expect(told).toEqual([
    [traceId, 'none'],
    [traceId, 'none'],
  ]);
});

test('the question is answered', () => {
  expect(output).toMatch(/^POST \/questions → 200 \{"answer":".*Refunds take up to five days\..*"\}$/m);
});
