import { expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { Embedding, LlmCall, Retrieval, Traced, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

const KINDS: [string, (work: () => unknown) => () => unknown, success: string, failure: string][] = [
  ['Traced', Traced(), 'annotel.call', 'exception'],
  ['Workflow', Workflow('w'), 'annotel.call', 'exception'],
  ['Retrieval', Retrieval(), 'annotel.call', 'gen_ai.client.operation.exception'],
  ['Embedding', Embedding(), 'annotel.call', 'gen_ai.client.operation.exception'],
  ['LlmCall', LlmCall(), 'gen_ai.client.inference.operation.details', 'gen_ai.client.operation.exception'],
];

test.each(KINDS)('@%s(): a success is a DEBUG record %s', (_name, decorate, success) => {
  decorate(function work() {})();
  expect(telemetry.logs).toMatchObject([{ eventName: success, severity: 'DEBUG', body: 'work succeeded' }]);
});

test.each(KINDS)('@%s(): a failure is a WARN record that tells the exception', (_name, decorate, _success, failure) => {
  const error = new RangeError('too far');
  const work = decorate(function work() {
    throw error;
  });
  expect(work).toThrow(error);
  expect(telemetry.logs).toMatchObject([
    {
      eventName: failure,
      severity: 'WARN',
      body: 'work failed: RangeError',
      attributes: {
        'error.type': 'RangeError',
        'exception.type': 'RangeError',
        'exception.message': 'too far',
        'exception.stacktrace': error.stack,
      },
    },
  ]);
});

test('an error that passes through several calls tells its stack at the innermost only', async () => {
  const inner = Traced('inner')(async () => {
    throw new Error('no');
  });
  await expect(Traced('outer')(() => inner())()).rejects.toThrow('no');

  const withStack = telemetry.logs.map(({ attributes }) => 'exception.stacktrace' in attributes);
  expect(withStack).toEqual([true, false]);
  expect(telemetry.logs.map(({ attributes }) => attributes['exception.message'])).toEqual(['no', 'no']);
  expect(telemetry.spans.map(({ events }) => events?.length ?? 0)).toEqual([1, 0]);
});

test('an exception is no span event where that is turned off', async () => {
  await telemetry.restart({ settings: { exceptionEvents: false } });
  const work = Traced('work')(() => {
    throw new Error('no');
  });
  expect(work).toThrow('no');
  expect(telemetry.span).toMatchObject({ error: 'no', attributes: { 'error.type': 'Error' } });
  expect(telemetry.span.events).toBeUndefined();
  expect(telemetry.logs).toMatchObject([{ attributes: { 'exception.message': 'no' } }]);
});

test('a call that records an exception nowhere leaves its stack to the calls around it', async () => {
  await telemetry.restart({ settings: { exceptionEvents: false } });
  const error = new Error('no');
  const inner = Traced({ name: 'inner', log: 'none' })(() => {
    throw error;
  });
  expect(Traced('outer')(() => inner())).toThrow('no');
  expect(telemetry.logs).toMatchObject([{ attributes: { 'exception.stacktrace': error.stack } }]);
});

test('records carry trace and span of their call, also where it ends in another context', async () => {
  const stream = LlmCall()(async function* () {
    yield 1;
  });
  const items = stream();
  await trace.getTracer('by hand').startActiveSpan('by hand', async (span) => {
    for await (const _item of items);
    span.end();
  });
  const call = telemetry.captured.spans.find(({ name }) => name === 'chat');
  expect(telemetry.captured.logs).toHaveLength(1);
  expect(telemetry.captured.logs[0]?.spanContext).toEqual(call?.spanContext());
});
