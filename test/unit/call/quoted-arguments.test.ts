import { describe, expect, test } from '@jest/globals';
import { LlmCall, Traced, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

/* Clients quote in their errors what they were asked. */

const telemetry = useTelemetry();

const PROMPT = 'Summarise the divorce of Alice Liddell';
const REQUEST = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: PROMPT }] };
type Request = typeof REQUEST;

const rejection = (request: Request) => new Error(`rejected: "${request.messages[0]?.content}"`);

async function* broken(request: Request) {
  yield 'a piece';
  throw rejection(request);
}

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _piece of stream);
}

type Call = (request: Request) => unknown;

/** The method that fails, and how the method around it uses it. */
const FAILURES: [how: string, method: Call, around: (call: Call) => Call][] = [
  [
    'is thrown',
    (request) => {
      throw rejection(request);
    },
    (call) => (request) => call(request),
  ],
  [
    'is rejected',
    async (request) => {
      throw rejection(request);
    },
    (call) => async (request) => await call(request),
  ],
  ['ends a stream that is passed on', broken, (call) => (request) => call(request)],
  [
    'ends a stream that is read within',
    broken,
    (call) => async (request) => drained(call(request) as AsyncIterable<unknown>),
  ],
  [
    'ends a stream that a promise handed out',
    async (request) => broken(request),
    (call) => async (request) => drained((await call(request)) as AsyncIterable<unknown>),
  ],
];

const DECORATORS: Record<string, (method: Call) => Call> = {
  LlmCall: (method) => LlmCall({ provider: 'openai' })(method),
  Traced: (method) => Traced('ask')(method),
};

/** Asks, reads what comes of it, and hands out the error that the caller gets. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null) await drained(result as AsyncIterable<unknown>);
  } catch (error) {
    return error;
  }
  throw new Error('did not fail');
}

describe.each(Object.keys(DECORATORS))('an error of @%s() that quotes its arguments', (decorator) => {
  describe.each(FAILURES)('and %s', (_how, method, around) => {
    const decorate = DECORATORS[decorator] as (method: Call) => Call;
    const inner = decorate(method);

    /** What both calls tell: status, exception event, log records. */
    const told = () => ({
      statuses: telemetry.spans.map(({ error }) => error),
      messages: [...telemetry.spans.flatMap(({ events = [] }) => events), ...telemetry.logs].map(
        ({ attributes }) => attributes['exception.message'],
      ),
    });

    test.each<[around: string, outer: Call]>([
      ['a workflow with the same arguments', Workflow('triage')(around(inner))],
      ['a workflow with arguments of its own', Workflow('triage')((_ticket: unknown) => around(inner)(REQUEST))],
    ])('is masked in %s', async (_around, outer) => {
      expect(await errorOf(() => outer(REQUEST))).toEqual(new Error(`rejected: "${PROMPT}"`));
      const masked = 'rejected: "[content]"';
      // One exception event, by the innermost; a log record by each.
      expect(told()).toEqual({ statuses: [masked, masked], messages: [masked, masked, masked] });
      expect(JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()])).not.toMatch(
        /divorce|Liddell/,
      );
    });

    test('is readable where content is captured', async () => {
      await telemetry.restart({ settings: { content: 'SPAN_AND_EVENT' } });
      await errorOf(() => Workflow('triage')(around(inner))(REQUEST));
      const readable = `rejected: "${PROMPT}"`;
      expect(told()).toEqual({ statuses: [readable, readable], messages: [readable, readable, readable] });
    });
  });
});
