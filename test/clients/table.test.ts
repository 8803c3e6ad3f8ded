import { describe, expect, test } from '@jest/globals';
import { useTelemetry } from '../support/telemetry.js';
import { useWireServer } from '../support/wire-server.js';
import { TABLE } from './support/canary-table.js';

/*
 * The table of clients in the README, cell by cell: answers, streams, tool calls, cached tokens, reasoning tokens and cost, told
 * from what each real client hands out. A field that an API does not have is absent, not zero.
 */

const telemetry = useTelemetry();
const server = useWireServer();

describe.each(TABLE.map((row) => [row[0].name, ...row] as const))('%s', (_name, family, request, rows) => {
  test.each(rows)('%s: %s', async (how, _what, reply, { tokens, reason, cached, reasoning, cost }) => {
    server.reply(reply);
    await family[how]?.(server, request);
    expect(facts()).toEqual({
      'gen_ai.response.finish_reasons': [reason],
      'gen_ai.usage.input_tokens': tokens[0],
      'gen_ai.usage.output_tokens': tokens[1],
      'gen_ai.usage.cache_read.input_tokens': cached?.[0],
      'gen_ai.usage.cache_creation.input_tokens': cached?.[1],
      'gen_ai.usage.reasoning.output_tokens': reasoning,
      'annotel.cost.amount': cost === undefined ? undefined : expect.closeTo(cost, 12),
    });
  });
});

/** What the only span of a model call tells of what was used. */
function facts(): Record<string, unknown> {
  const [span, ...others] = telemetry.spans.filter(({ name }) => name.startsWith('chat'));
  expect(others).toEqual([]);
  const told = Object.entries(span?.attributes ?? {});
  return Object.fromEntries(told.filter(([name]) => /^gen_ai\.usage|finish_reasons$|cost\.amount$/.test(name)));
}
