import { describe, expect, test } from '@jest/globals';
import { Agent, LlmCall, llmRequest, Workflow } from '../../lib/index.js';
import { maskQuotations } from '../../lib/privacy/redaction/quotations.js';
import { carriedContent } from '../../lib/privacy/redaction/redact-error.js';
import { growth, LINEAR } from '../support/growth.js';
import { useTelemetry } from '../support/telemetry.js';

/*
 * What errors repeat of prompts and answers while content is not captured. What an API repeats of its request is in
 * `clients/canary.test.ts`.
 */

// Nothing but what is not recorded at all counts as safe.
const telemetry = useTelemetry({ settings: { redact: [] } });
const SAID = 'Herr Brandenburg aus Freudenstadt hat "Diabetes" seit 1987,\nund wohnt allein.';
const PIECES = /Branden|Freuden|Diabetes|wohnt/;
const fail = (message: string) => {
  throw new Error(message);
};

/** A call that fails and repeats its prompt, within one that makes an error of its own of that. */
const wrapped = (wrap: (cause: Error) => Error) => {
  const ask = LlmCall()(async (prompt: string) => fail(`bad prompt: ${prompt}`));
  return Workflow('triage')(async () => {
    await ask(SAID).catch((cause) => {
      throw wrap(cause);
    });
  })();
};

const FAILURES: Record<string, () => Promise<unknown>> = {
  'what an inner call was given': () => wrapped((cause) => new Error(`model failed: ${cause.message}`)),
  'what an inner call was given, with that as cause': () =>
    wrapped((cause) => new Error(`model failed: ${cause.message}`, { cause })),
  'what the error carries': () =>
    Workflow('triage')(async () => {
      throw Object.assign(new Error(`Parsing failed: Text: ${SAID}.`), { text: SAID });
    })(),
  'a quotation of an answer': () => Workflow('triage')(async () => fail(`cannot use ${JSON.stringify(SAID)}`))(),
  'an argument, whole': () => LlmCall()(async (prompt: string) => fail(`bad prompt: ${prompt}`))(SAID),
  'a part of an argument': () => LlmCall()(async (prompt: string) => fail(`near ${prompt.slice(8, 60)}`))(SAID),
  'an argument as JSON': () => LlmCall()(async (prompt: string) => fail(`in ${JSON.stringify({ prompt })}`))(SAID),
  'an argument within an object': () =>
    LlmCall()(async (body: { messages: { content: string }[] }) => fail(`bad: ${body.messages[0]?.content}`))({
      messages: [{ content: SAID }],
    }),
  'a request that the method told': () =>
    LlmCall()(async () =>
      fail(`bad prompt: ${llmRequest({ model: 'm', messages: [{ content: SAID }] }).messages[0]?.content}`),
    )(),
  'an answer that is no JSON': () => LlmCall()(async () => JSON.parse(SAID))(),
  'an argument, through several calls': () => {
    const ask = LlmCall()(async (prompt: string) => fail(`bad prompt: ${prompt}`));
    const turn = Agent({ name: 'helper' })((id: number) => ask(`${SAID} ${id}`));
    return Workflow('triage')((id: number) => turn(id))(7);
  },
};

test.each(Object.entries(FAILURES))('%s is masked: in status, exception, stack and log record', async (_what, call) => {
  const error = await call().catch((thrown: unknown) => thrown);
  // The caller gets the error as it is.
  expect((error as Error).message).toMatch(/Herr|Branden|Diabetes/);
  expect(telemetry.spans.length).toBeGreaterThan(0);
  for (const span of telemetry.spans) expect(span.error).toContain('[content]');
  expect(JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()])).not.toMatch(PIECES);
});

describe('content that an error carries', () => {
  const cause = Object.assign(new Error('no JSON'), { text: 'the answer' });
  test.each<[string, unknown, unknown[]]>([
    ['of a parser', Object.assign(new Error(), { llmOutput: 'the answer', code: 7 }), ['the answer']],
    ['of its cause', new Error('no object', { cause }), ['the answer']],
    ['of errors that it bundles', new AggregateError([cause, new Error()]), ['the answer']],
    ['of a cause that goes round', Object.assign(cause, { cause }), ['the answer']],
    ['none', new Error('plain'), []],
    ['of what is no error', 'text', []],
  ])('%s', (_what, error, carried) => {
    expect(carriedContent(error)).toEqual(carried);
  });

  test('is left where it cannot be read', () => {
    const error = Object.defineProperty(new Error(), 'text', { get: () => fail('no') });
    expect(carriedContent(error)).toEqual([]);
  });
});

test.each<[string, string]>([
  ['cannot use "Herr Brandenburg hat Diabetes."', 'cannot use "[content]"'],
  ["got 'Herr Brandenburg hat \\'Diabetes\\' und mehr', sorry", "got '[content]', sorry"],
  ['in {"text":"Herr Brandenburg hat \\"Diabetes\\"."}', 'in {"text":"[content]"}'],
  ['Text: "Herr Brandenburg hat Diabetes seit', 'Text: "[content]"'],
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  ],
  ["You can't use the user's own model, it doesn't exist", "You can't use the user's own model, it doesn't exist"],
  ['relation "accounts_of_customers_in_europe" is gone', 'relation "accounts_of_customers_in_europe" is gone'],
])('quotations of several words are masked: %s', (message, masked) => {
  expect(maskQuotations(message)).toBe(masked);
});

test.each(['"', "'", '\\"', ' "a'])(
  'a message of nothing but quotes takes time in proportion to its length: %j',
  (quote) => {
    expect(growth((length) => maskQuotations(quote.repeat(length / quote.length)), 50_000)).toBeLessThan(LINEAR);
  },
);
