import { describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import {
  configure,
  type Evaluation,
  type Feedback,
  LlmCall,
  recordEvaluation,
  recordFeedback,
  Traced,
  traceHandle,
  Workflow,
} from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

const ask = LlmCall({ provider: 'openai', model: 'gpt-4o' })(async function ask() {
  return { object: 'chat.completion', id: 'chatcmpl-1', choices: [{ index: 0 }] };
});
const answered = Workflow('rag.answer')(async () => {
  await ask();
  return traceHandle();
});

const FEEDBACK = ['gen_ai.evaluation.result', 'gen_ai.evaluation.user_feedback'];
const OTHERS = ['gen_ai.client.inference.operation.details', 'annotel.call'];

/** The records of feedback and evaluations. */
const events = () => telemetry.logs.filter(({ eventName = '' }) => !OTHERS.includes(eventName));
/** Name of the span that each of them belongs to, `undefined` where it belongs to none. */
const spans = () =>
  telemetry.captured.logs
    .filter(({ eventName = '' }) => !OTHERS.includes(eventName))
    .map(({ spanContext }) => {
      const isIt = ({ traceId, spanId }: { traceId: string; spanId: string }) =>
        spanContext?.spanId === spanId && spanContext.traceId === traceId;
      return spanContext && (telemetry.captured.spans.find((span) => isIt(span.spanContext()))?.name ?? 'unknown');
    });

describe('recordFeedback', () => {
  test.each([
    [1, 'thumbs_up'],
    [0.01, 'thumbs_up'],
    [0, 'neutral'],
    [-0.01, 'thumbs_down'],
    [-1, 'thumbs_down'],
  ])('with score %d is told twice, as %s, in the trace of the model call', async (score, label) => {
    recordFeedback({ score, handle: await answered() });
    expect(events()).toEqual([
      {
        eventName: 'gen_ai.evaluation.result',
        severity: 'INFO',
        body: 'gen_ai.evaluation.result',
        attributes: {
          'gen_ai.evaluation.name': 'user_feedback',
          'gen_ai.evaluation.score.value': score,
          'gen_ai.evaluation.score.label': label,
          'gen_ai.response.id': 'chatcmpl-1',
        },
      },
      {
        eventName: 'gen_ai.evaluation.user_feedback',
        severity: 'INFO',
        body: 'gen_ai.evaluation.user_feedback',
        attributes: { 'gen_ai.evaluation.score': score, 'gen_ai.response.id': 'chatcmpl-1' },
      },
    ]);
    expect(spans()).toEqual(['chat gpt-4o', 'chat gpt-4o']);
  });

  test('belongs to the model call in another process, too', async () => {
    configure({ handleKey: 'shared' });
    const handle = await answered();
    const call = telemetry.captured.spans.find(({ name }) => name === 'chat gpt-4o')?.spanContext();
    await telemetry.restart({ settings: { handleKey: 'shared' } });
    recordFeedback({ score: 1, handle });
    expect(telemetry.spans).toEqual([]);
    for (const { spanContext } of telemetry.captured.logs) {
      expect(spanContext).toMatchObject({ traceId: call?.traceId, spanId: call?.spanId, traceFlags: 1 });
    }
    expect(events().map(({ eventName }) => eventName)).toEqual(FEEDBACK);
  });

  test('is recorded of a call that was not sampled', async () => {
    await telemetry.restart({ sampler: { shouldSample: () => ({ decision: 0 }) } });
    recordFeedback({ score: 1, handle: await answered() });
    expect(telemetry.captured.logs.map(({ spanContext }) => spanContext?.spanId)).toEqual(
      Array(2).fill('0000000000000002'),
    );
  });
});

describe('what feedback belongs to:', () => {
  type Case = [what: string, work: () => unknown, span: string | undefined, responseId: string | undefined];
  const give = (judged: Partial<Feedback> = {}) => recordFeedback({ score: 1, ...judged });
  test.each<Case>([
    [
      'an id beats that in the handle',
      async () => give({ handle: await answered(), responseId: 'other' }),
      'chat gpt-4o',
      'other',
    ],
    [
      'a handle beats where it is given',
      async () => {
        const handle = await answered();
        Traced('endpoint')(() => give({ handle }))();
      },
      'chat gpt-4o',
      'chatcmpl-1',
    ],
    [
      'the model call before, without a handle',
      Workflow('w')(async () => [await ask(), give()]),
      'chat gpt-4o',
      'chatcmpl-1',
    ],
    ['the model call around, without a handle', LlmCall({ model: 'm' })(() => give()), 'chat m', undefined],
    [
      'the model call around, of which the id is told',
      LlmCall({ model: 'm' })(() => give({ responseId: 'r' })),
      'chat m',
      'r',
    ],
    [
      'the model call before, which has this id',
      Workflow('w')(async () => [await ask(), give({ responseId: 'chatcmpl-1' })]),
      'chat gpt-4o',
      'chatcmpl-1',
    ],
    [
      'an id of another model call than the one before',
      Workflow('w')(async () => [await ask(), give({ responseId: 'r' })]),
      undefined,
      'r',
    ],
    [
      'an id of another model call than the one before, which told none',
      Workflow('w')(async () => [await LlmCall()(async () => ({}))(), give({ responseId: 'r' })]),
      undefined,
      'r',
    ],
    ['an id alone, in an endpoint', Traced('endpoint')(() => give({ responseId: 'r' })), undefined, 'r'],
    [
      'an id alone, in a span',
      () => trace.getTracer('app').startActiveSpan('request', (span) => [give({ responseId: 'r' }), span.end()]),
      undefined,
      'r',
    ],
    ['an id alone', () => give({ responseId: 'r' }), undefined, 'r'],
    ['the call that gives it, where nothing else is known', Traced('endpoint')(() => give()), 'endpoint', undefined],
    ['nothing', () => give(), undefined, undefined],
  ])('%s', async (_what, work, span, responseId) => {
    await work();
    expect(events().map(({ eventName }) => eventName)).toEqual(FEEDBACK);
    expect(spans()).toEqual([span, span]);
    expect(events().map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([responseId, responseId]);
  });
});

describe('recordEvaluation', () => {
  test.each<[Evaluation, object]>([
    [{ name: 'relevance' }, {}],
    [{ name: 'relevance', score: 4.5 }, { 'gen_ai.evaluation.score.value': 4.5 }],
    [
      { name: 'relevance', score: 0, label: 'fail' },
      { 'gen_ai.evaluation.score.value': 0, 'gen_ai.evaluation.score.label': 'fail' },
    ],
    [{ name: 'relevance', explanation: 'off topic' }, {}],
  ])('%j', async (evaluation, attributes) => {
    recordEvaluation({ ...evaluation, handle: await answered() });
    const named = { 'gen_ai.evaluation.name': 'relevance', 'gen_ai.response.id': 'chatcmpl-1' };
    const eventName = 'gen_ai.evaluation.result';
    expect(events()).toEqual([
      { eventName, severity: 'INFO', body: eventName, attributes: { ...named, ...attributes } },
    ]);
    expect(spans()).toEqual(['chat gpt-4o']);
  });
});

describe('comments and explanations', () => {
  const COMMENT = 'Wrong! Write to tom@example.com';
  const explanations = () =>
    events().map(({ attributes, body }) => attributes['gen_ai.evaluation.explanation'] ?? body);
  const [result, foundry] = FEEDBACK;
  const masked = 'Wrong! Write to [EMAIL]';
  test.each<[string, Parameters<typeof configure>[0], unknown[]]>([
    ['are left out where nothing is captured', {}, [result, foundry, result]],
    ['are left out where content goes to spans', { content: 'SPAN_ONLY' }, [result, foundry, result]],
    [
      'are left out where only others are captured',
      { content: 'SPAN_AND_EVENT', contentFields: ['input'] },
      [result, foundry, result],
    ],
    ['are redacted where captured', { content: 'EVENT_ONLY' }, [masked, { comment: masked }, masked]],
    [
      'are redacted where captured on both',
      { content: 'SPAN_AND_EVENT', contentFields: ['feedback'] },
      [masked, { comment: masked }, masked],
    ],
    [
      'are what the redactor says',
      { content: 'EVENT_ONLY', redactor: (_text, field) => field },
      ['feedback', { comment: 'feedback' }, 'feedback'],
    ],
    [
      'are what the store says',
      { content: 'EVENT_ONLY', contentStore: ({ spanId }) => `blob:${spanId}` },
      [result, foundry, result],
    ],
  ])('%s', async (_what, settings, recorded) => {
    configure(settings);
    const handle = await answered();
    recordFeedback({ score: -1, comment: COMMENT, handle });
    recordEvaluation({ name: 'relevance', explanation: COMMENT, handle });
    expect(explanations()).toEqual(recorded);
    const written = JSON.stringify([telemetry.logs, telemetry.spans]);
    expect(written).not.toContain('tom@example.com');
    const references = events().map(({ attributes }) => attributes['gen_ai.evaluation.explanation_ref']);
    const reference = settings.contentStore && 'blob:0000000000000002';
    expect(references).toEqual([reference, undefined, reference]);
  });

  test('are cut', () => {
    configure({ content: 'EVENT_ONLY', contentForm: 'truncate:100' });
    recordFeedback({ score: -1, comment: 'no '.repeat(1000) });
    expect(events()[0]?.attributes).toMatchObject({
      'annotel.content.truncated': true,
      'annotel.content.feedback.original_length': 3002,
    });
    expect(JSON.stringify(events()[1]?.body).length).toBeLessThan(130);
  });
});
