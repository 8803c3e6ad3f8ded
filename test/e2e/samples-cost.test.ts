import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arrived, type Receiver, receiveOtlp } from '../support/mock-otlp-server.js';
import { compile, start } from '../support/programs.js';

let receiver: Receiver;
let output: string;

beforeAll(async () => {
  compile('samples/cost/tsconfig.json');
  receiver = await receiveOtlp();
  const program = start(['samples/cost/dist/cost/main.js'], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  expect([await program.ended, program.output]).toEqual([0, expect.any(String)]);
  output = program.output;
}, 60_000);

afterAll(() => receiver.close());

test('it prints what each tenant’s use of each feature took and cost', () => {
  // 165 × 0.15 + 36 × 0.60 USD a million for gpt-4o-mini; 58 × 0.1 + 38 × 0.3 for the own model; and so on.
  expect(output).toContain(`11 requests of 3 tenants were answered.

tenant   feature  model        calls  tokens in  tokens out           cost
acme     help     gpt-4o-mini      3        165          36  0.0000464 USD
acme     summary  qwen3-32b        1         58          38  0.0000172 USD
globex   help     gpt-4o-mini      1         53          13  0.0000157 USD
globex   summary  qwen3-32b        4        232         152  0.0000688 USD
initech  summary  qwen3-32b        2        116          76  0.0000344 USD
all                                                          0.0001825 USD
`);
});

test('it prints how to ask a back end for it', () => {
  expect(output).toContain('increase(annotel_cost_USD_total[7d])');
  expect(output).toContain('customMetrics');
});

test('it has nothing to complain of', () => {
  expect(output).not.toMatch(/^annotel: /m);
});

test('the spans say on whose behalf each call was made', () => {
  const chats = receiver.spans.filter(({ name }) => name.startsWith('chat '));
  const whose = ({ attributes }: Arrived) => `${attributes['annotel.tenant.id']} ${attributes['annotel.feature.id']}`;
  const counts: Record<string, number> = {};
  for (const chat of chats) counts[whose(chat)] = (counts[whose(chat)] ?? 0) + 1;
  expect(counts).toEqual({
    'acme help': 3,
    'acme summary': 1,
    'globex help': 1,
    'globex summary': 4,
    'initech summary': 2,
  });
  expect(new Set(chats.map(({ attributes }) => attributes['annotel.request.id'])).size).toBe(11);
});
