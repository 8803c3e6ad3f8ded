import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Subject } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';
import { collectUntil } from '../../support/garbage.js';
import { CASES } from '../../support/result-shapes.js';

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
  rethrowFaults(true);
});
afterEach(() => telemetry.stop());

/** These end by themselves, whether or not anybody reads them. */
const EAGER = ['value', 'native promise', 'promise subclass', 'promise with properties', 'Node Readable'];
const READ_LATER = new Set(CASES.map(({ shape }) => shape).filter((shape) => !EAGER.includes(shape)));

async function drop(shape: string, method: (enter: () => void) => unknown): Promise<void> {
  const result = method(() => {});
  if (shape.startsWith('promise of')) await result;
}

describe('a result that nobody reads does not hold its span for ever', () => {
  test.each([...READ_LATER])('%s: dropped', async (shape) => {
    const body = CASES.find((item) => item.shape === shape)?.body as (enter: () => void) => unknown;
    await drop(shape, Traced()(body));
    await collectUntil(() => telemetry.spans.length > 0);
    expect(telemetry.spans).toHaveLength(1);
    expect(telemetry.spans[0]?.attributes['annotel.stream.end']).toBe('abandoned');
  });
});

test('a stream whose iterator alone is held is still open, and then read to its end', async () => {
  const stream = Traced('stream')(() => ({
    async *[Symbol.asyncIterator]() {
      yield 1;
      yield 2;
    },
  }));
  const iterator = stream()[Symbol.asyncIterator]();
  await iterator.next();
  const dropped = Traced('dropped')(function* () {
    yield 1;
  });
  dropped();
  await collectUntil(() => telemetry.spans.length > 0);
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['dropped']);
  await iterator.next();
  await iterator.next();
  expect(telemetry.spans.map(({ name, attributes }) => [name, attributes['annotel.stream.end']])).toEqual([
    ['dropped', 'abandoned'],
    ['stream', undefined],
  ]);
});

test('a stream that a promise handed out is read on when the promise is gone', async () => {
  class Lazy extends Promise<AsyncIterator<number>> {}
  const open = Traced('promised')(() => {
    async function* numbers() {
      yield 1;
      yield 2;
    }
    return new Lazy((resolve) => resolve(numbers()));
  });
  const iterator = await open();
  await iterator.next();
  const dropped = Traced('dropped')(function* () {
    yield 1;
  });
  dropped();
  await collectUntil(() => telemetry.spans.length > 0);
  // The promise may be collected a round later than what was made after it.
  for (let round = 0; round < 3; round++) await collectUntil(() => true);
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['dropped']);
  await iterator.next();
  await iterator.next();
  expect(telemetry.spans.at(-1)?.attributes['annotel.stream.end']).toBeUndefined();
});

test('one object that is returned again and again does not gather calls without bound', () => {
  const shared = new Subject<number>();
  const get = Traced('get')(() => shared);
  for (let call = 0; call < 100; call++) get();
  expect(telemetry.spans.length).toBeGreaterThanOrEqual(80);
  expect(get()).toBe(shared);
  // What is open yet ends with the object.
  shared.subscribe();
  shared.complete();
  expect(telemetry.spans).toHaveLength(101);
});

test('a stream handed on by a second decorated method is one object with two spans, nested', async () => {
  async function* chunks() {
    yield 1;
  }
  const inner = Traced('inner')(chunks);
  const outer = Traced('outer')(() => inner());
  for await (const item of outer()) expect(item).toBe(1);
  const [first, second] = telemetry.spans;
  expect([first?.name, second?.name]).toEqual(['outer', 'inner'].sort());
  const innerSpan = telemetry.spans.find(({ name }) => name === 'inner');
  const outerSpan = telemetry.spans.find(({ name }) => name === 'outer');
  expect(innerSpan?.parentSpanContext?.spanId).toBe(outerSpan?.spanContext().spanId);
});
