import { describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { annotate, LlmCall, llmRequest, recordEvent, Traced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

/** Everything that may be said from inside a call, told apart by `who` says it. */
function say(who: string): void {
  annotate({ [who]: true });
  recordEvent(`${who} spoke`, { loud: true });
  llmRequest({ model: who });
}

const said = () =>
  telemetry.spans.map(({ name, attributes, events }) => ({
    name,
    by: Object.keys(attributes).filter((key) => attributes[key] === true),
    events: events?.map((event) => event.name),
  }));

describe('inside a decorated method', () => {
  test('annotate() adds to the span and the log record of the call, and not to metrics', async () => {
    await Traced('work')(async () => {
      annotate({ 'user.id': 'u-1', tries: 1 });
      await Promise.resolve();
      annotate({ tries: 2 });
    })();

    expect(telemetry.span.attributes).toMatchObject({ 'user.id': 'u-1', tries: 2 });
    expect(telemetry.logs).toMatchObject([{ attributes: { 'user.id': 'u-1', tries: 2 } }]);
    expect(JSON.stringify(await telemetry.metrics())).not.toMatch(/user\.id|tries/);
  });

  test('recordEvent() becomes an event of the span and a log record in its context', async () => {
    Traced('work')(() => recordEvent('cache.missed', { key: 'k' }))();

    expect(telemetry.span.events).toEqual([{ name: 'cache.missed', attributes: { key: 'k' } }]);
    expect(telemetry.logs[0]).toEqual({
      eventName: 'cache.missed',
      severity: 'INFO',
      body: 'cache.missed',
      attributes: { key: 'k' },
    });
    expect(telemetry.captured.logs[0]?.spanContext).toEqual(telemetry.captured.spans[0]?.spanContext());
  });

  test('recordEvent() needs no attributes', () => {
    Traced('work')(() => recordEvent('cache.missed'))();
    expect(telemetry.span.events).toEqual([{ name: 'cache.missed', attributes: {} }]);
    expect(telemetry.logs[0]).toMatchObject({ eventName: 'cache.missed', attributes: {} });
  });

  test('what a failed call had to say is kept', () => {
    const fail = Traced('work')(() => {
      say('failure');
      throw new Error('no');
    });
    expect(fail).toThrow('no');
    expect(said()).toEqual([{ name: 'work', by: ['failure'], events: ['failure spoke', 'exception'] }]);
    expect(telemetry.logs[1]).toMatchObject({ eventName: 'exception', attributes: { failure: true } });
  });

  test('each call hears what is said in it, not in those around or within it', async () => {
    const inner = Traced('inner')(async () => say('inner'));
    const outer = Traced('outer')(async () => {
      say('before');
      await inner();
      say('after');
    });
    await outer();
    expect(said()).toEqual([
      { name: 'inner', by: ['inner'], events: ['inner spoke'] },
      { name: 'outer', by: ['before', 'after'], events: ['before spoke', 'after spoke'] },
    ]);
  });

  test('calls at the same time do not hear one another', async () => {
    const work = Traced({ name: (who: string) => who })(async (who: string) => {
      await new Promise(setImmediate);
      say(who);
    });
    await Promise.all(['a', 'b', 'c'].map((who) => work(who)));
    expect(said()).toEqual(['a', 'b', 'c'].map((who) => ({ name: who, by: [who], events: [`${who} spoke`] })));
  });

  test('a span that was opened by hand within it does not take the words away', () => {
    Traced('work')(() => {
      trace.getTracer('by hand').startActiveSpan('by hand', (span) => {
        say('hand');
        span.end();
      });
    })();
    expect(said()).toEqual([
      { name: 'by hand', by: [], events: undefined },
      { name: 'work', by: ['hand'], events: ['hand spoke'] },
    ]);
  });
});

test('a call that has ended hears nothing any more', async () => {
  let later: Promise<void> | undefined;
  LlmCall()(() => {
    later = Promise.resolve().then(() => say('late'));
  })();
  await later;
  expect(said()).toEqual([{ name: 'chat', by: [], events: undefined }]);
  expect(telemetry.logs).toHaveLength(1);
});

test('outside of decorated methods the active span is told', () => {
  trace.getTracer('by hand').startActiveSpan('by hand', (span) => {
    say('hand');
    span.end();
  });
  expect(said()).toEqual([{ name: 'by hand', by: ['hand'], events: ['hand spoke'] }]);
  expect(telemetry.logs).toEqual([]);
});

test('where nothing is active nothing happens', () => {
  say('nobody');
  expect([telemetry.spans, telemetry.logs]).toEqual([[], []]);
});

test('of a call that is sampled out no event is logged', async () => {
  await telemetry.restart({ sampler: new AlwaysOffSampler() });
  Traced('work')(() => say('out'))();
  expect([telemetry.spans, telemetry.logs]).toEqual([[], []]);
});

test('without an SDK nothing happens', async () => {
  await telemetry.captured.stop();
  expect(Traced('work')(() => say('nobody'))()).toBeUndefined();
  expect(llmRequest({ model: 'm' })).toEqual({ model: 'm' });
});
