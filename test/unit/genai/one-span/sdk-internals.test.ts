import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import * as metrics3 from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import {
  nameOfInstrument,
  providerOfInstrument,
  providerOfTracer,
  replaceMethod,
} from '../../../../lib/genai/one-span/sdk-internals.js';
import { asked, OPERATION } from '../../../support/layers.js';

const require = createRequire(import.meta.url);
/** What a dependency loads that uses the SDK 2.x. */
const inside = createRequire(require.resolve('@azure/monitor-opentelemetry-exporter/package.json'));

type Tracing = new () => { getTracer(name: string): Tracer };

function sdk(
  line: string,
  Tracing: Tracing,
  { MeterProvider, MetricReader }: typeof import('@opentelemetry/sdk-metrics'),
) {
  class Reader extends MetricReader {
    protected override async onForceFlush(): Promise<void> {}
    protected override async onShutdown(): Promise<void> {}
  }
  return {
    line,
    tracers() {
      const provider = new Tracing();
      return [provider.getTracer('a'), provider.getTracer('b')] as const;
    },
    /** Of a provider with so many readers. */
    meter: (readers: number) =>
      new MeterProvider({ readers: Array.from({ length: readers }, () => new Reader()) }).getMeter('test'),
  };
}

const SDKS = [
  sdk('3.x', TracerProvider, metrics3),
  // The name that the class has in 2.x only.
  sdk('2.x', inside('@opentelemetry/sdk-trace-base').BasicTracerProvider, inside('@opentelemetry/sdk-metrics')),
];

describe.each(SDKS)('the SDK $line', ({ tracers, meter }) => {
  test('has one startSpan for the tracers of all providers', () => {
    const names: string[] = [];
    const [first] = tracers();
    const replace = () =>
      replaceMethod(first, 'startSpan', (original: Tracer['startSpan']) => {
        return function startSpan(this: Tracer, name, ...rest) {
          names.push(name);
          return original.call(this, name, ...rest);
        };
      });
    const [other] = tracers();
    replace();
    replace();
    first.startSpan('first').end();
    other.startActiveSpan('other', (span) => span.end());
    expect(names).toEqual(['first', 'other']);
  });

  test('tells tracers of one provider from those of another', () => {
    const [one, two] = tracers();
    const [other] = tracers();
    expect(providerOfTracer(one)).toEqual(expect.anything());
    expect(providerOfTracer(two)).toBe(providerOfTracer(one));
    expect(providerOfTracer(other)).not.toBe(providerOfTracer(one));
  });

  test.each([1, 2])('tells instruments of one provider from those of another, readers: %d', (readers) => {
    const [one, other] = [meter(readers), meter(readers)];
    const provider = providerOfInstrument(one.createHistogram('a'));
    expect(provider).toEqual(expect.anything());
    expect(providerOfInstrument(one.createCounter('b'))).toBe(provider);
    expect(providerOfInstrument(other.createHistogram('a'))).not.toBe(provider);
  });

  test('has one record and one add for the instruments of all providers, and knows their names', () => {
    const told: unknown[] = [];
    const [one, other] = [meter(1), meter(1)];
    const telling = () =>
      function write(this: object, value: number) {
        told.push([nameOfInstrument(this), value]);
      };
    const [early, counter] = [other.createHistogram('early'), other.createCounter('counter')];
    replaceMethod(one.createHistogram('a'), 'record', telling);
    replaceMethod(one.createCounter('b'), 'add', telling);
    early.record(1);
    counter.add(2);
    expect(told).toEqual([
      ['early', 1],
      ['counter', 2],
    ]);
  });
});

describe('an SDK that is built otherwise', () => {
  afterEach(() => {
    for (const api of [trace, metrics]) api.disable();
  });

  test.each<[string, object]>([
    ['nothing known', {}],
    ['other things under the names', { _spanProcessor: undefined, _descriptor: 'a', _writableMetricStorage: 1 }],
    ['storages without readers', { _writableMetricStorage: { _backingStorages: [{ _temporalMetricStorage: {} }] } }],
  ])('with %s inside tells nothing', (_inside, instance) => {
    expect(providerOfTracer(instance as Tracer)).toBeUndefined();
    expect(providerOfInstrument(instance)).toBeUndefined();
    expect(nameOfInstrument(instance)).toBeUndefined();
  });

  test('whose methods cannot be replaced, or are not there, is left as it is', () => {
    const fixed = Object.freeze({ startSpan: () => 'as it was' });
    replaceMethod(fixed, 'startSpan', () => () => 'replaced');
    replaceMethod(fixed, 'record', () => () => 'replaced');
    expect(fixed.startSpan()).toBe('as it was');
    expect(fixed).not.toHaveProperty('record');
  });

  test('records what other layers do as it does without annotel', () => {
    const recorded: unknown[] = [];
    const instrument = (name: string) =>
      Object.freeze({ record: (value: number) => recorded.push([name, value]), add: () => {} });
    const meter = {
      createHistogram: instrument,
      createCounter: instrument,
      createObservableCounter: () => ({ addCallback() {} }),
    };
    metrics.setGlobalMeterProvider({ getMeter: () => meter as unknown as Meter });
    const started: string[] = [];
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
    const tracer = Object.freeze({
      startSpan: (name: string) => {
        started.push(name);
        return span;
      },
    });
    trace.setGlobalTracerProvider({ getTracer: () => tracer as unknown as Tracer });
    asked(() => {
      trace.getTracer('foreign').startSpan('foreign', { attributes: { [OPERATION]: 'chat' } });
      metrics
        .getMeter('foreign')
        .createHistogram('gen_ai.client.token.usage')
        .record(7, { [OPERATION]: 'chat' });
    });
    expect(started).toEqual(['chat gpt-4o', 'foreign']);
    expect(recorded).toContainEqual(['gen_ai.client.token.usage', 7]);
  });
});
