import { describe, expect, test } from '@jest/globals';
import {
  type Evaluation,
  type Feedback,
  LlmCall,
  recordEvaluation,
  recordFeedback,
  traceHandle,
} from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

describe('what is wrong is said, and not recorded:', () => {
  const feedback = (given: unknown) => () => recordFeedback(given as Feedback);
  const evaluation = (given: unknown) => () => recordEvaluation(given as Evaluation);
  const score = /^recordFeedback\(\): score has to be a number from -1 \(bad\) to 1 \(good\)$/;
  const forged = /^recordFeedback\(\): handle is none that traceHandle\(\) makes$/;
  const id = /^recordFeedback\(\): responseId has to be the id of an answer/;
  const number = /^recordEvaluation\(\): score has to be a finite number/;
  const name = /^recordEvaluation\(\): name has to be a text/;
  const CASES: [string, () => void, RegExp][] = [
    ['no argument', feedback(undefined), /^expected recordFeedback\(\{ score, handle \}\)$/],
    ['no score', feedback({}), score],
    ['a score too high', feedback({ score: 1.01 }), score],
    ['a score too low', feedback({ score: -5 }), score],
    ['a score that is no number', feedback({ score: Number.NaN }), score],
    ['a score that is a text', feedback({ score: '1' }), score],
    [
      'a comment that is no text',
      feedback({ score: 1, comment: ['bad'] }),
      /^recordFeedback\(\): comment has to be a text$/,
    ],
    ['a forged handle', feedback({ score: 1, handle: 'x'.repeat(40) }), forged],
    ['a forged handle, with an id', feedback({ score: 1, handle: 'x'.repeat(40), responseId: 'r' }), forged],
    [
      'a handle that is no string',
      feedback({ score: 1, handle: null }),
      /^recordFeedback\(\): handle is no string but null$/,
    ],
    ['a text in place of an id', feedback({ score: 1, responseId: 'Dear Mr Smith' }), id],
    ['an endless id', feedback({ score: 1, responseId: 'x'.repeat(257) }), id],
    ['an evaluation of nothing', evaluation(undefined), /^expected recordEvaluation\(\{ name, score \}\)$/],
    ['an evaluation without a name', evaluation({ score: 1 }), name],
    ['an evaluation with an empty name', evaluation({ name: '', score: 1 }), name],
    ['an endless score', evaluation({ name: 'n', score: Number.POSITIVE_INFINITY }), number],
    ['a score of an evaluation that is a text', evaluation({ name: 'n', score: '1' }), number],
    ['a label that is no text', evaluation({ name: 'n', label: 1 }), /^recordEvaluation\(\): label has to be a text$/],
    [
      'an explanation that is no text',
      evaluation({ name: 'n', explanation: {} }),
      /^recordEvaluation\(\): explanation has/,
    ],
    [
      'a forged handle of an evaluation',
      evaluation({ name: 'n', handle: '' }),
      /^recordEvaluation\(\): handle is none/,
    ],
  ];
  test.each(CASES)('%s', (_what, record, message) => {
    expect(record).toThrow(TypeError);
    expect(record).toThrow(message);
    expect(telemetry.logs).toEqual([]);
  });
});

test('where no SDK runs, nothing happens; what is wrong is said all the same', async () => {
  const handle = LlmCall()(() => traceHandle())();
  expect(handle).toBeDefined();
  await telemetry.captured.stop();
  expect(() => recordFeedback({ score: 1, comment: 'fine', handle })).not.toThrow();
  expect(() => recordEvaluation({ name: 'relevance', score: 1 })).not.toThrow();
  expect(() => recordFeedback({ score: 2 })).toThrow(TypeError);
});
