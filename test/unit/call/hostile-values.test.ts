import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import { Traced } from '../../../lib/index.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
});
afterEach(() => telemetry.stop());

const throwing = (message: string) => () => {
  throw new Error(message);
};
const hostileError = Object.defineProperties(new Error('hidden'), {
  name: { get: throwing('name') },
  message: { get: throwing('message') },
  code: { get: throwing('code') },
  stack: { get: throwing('stack') },
  constructor: { get: throwing('constructor') },
});

test.each<[string, unknown, string]>([
  ['null', null, '_OTHER'],
  ['undefined', undefined, '_OTHER'],
  ['a string', 'plain words', '_OTHER'],
  ['a number', 404, '_OTHER'],
  ['a plain object', { reason: 'x' }, '_OTHER'],
  ['a frozen error', Object.freeze(new TypeError('frozen')), 'TypeError'],
  ['an error whose getters throw', hostileError, '_OTHER'],
  ['an error with a code', Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['an error whose code is prose', Object.assign(new Error('no'), { code: 'not a code at all' }), 'Error'],
  ['an error told apart by class only', new (class RateLimitError extends Error {})('slow down'), 'RateLimitError'],
])('%s is thrown on as it is, and recorded as a failure', async (_name, thrown, type) => {
  const fail = Traced('fail')(() => {
    throw thrown;
  });
  const reject = Traced('reject')(async () => {
    throw thrown;
  });
  for (const call of [fail, reject]) {
    const same = await (async () => call())().then(
      () => 'nothing was thrown',
      (error) => Object.is(error, thrown),
    );
    expect(same).toBe(true);
  }
  expect(telemetry.spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
  expect(telemetry.spans.map(({ attributes }) => attributes['error.type'])).toEqual([type, type]);
});

test.each<[string, () => unknown]>([
  ['a Proxy whose traps throw', () => new Proxy({}, { get: throwing('trap'), has: throwing('trap') })],
  ['an object whose `then` throws', () => Object.defineProperty({}, 'then', { get: throwing('then') })],
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  ['a frozen thenable', () => Object.freeze({ then: () => 'called' })],
  ['a frozen async iterable', () => Object.freeze({ async *[Symbol.asyncIterator]() {} })],
  ['a frozen generator', () => Object.freeze((function* () {})())],
  ['a frozen ReadableStream', () => Object.freeze(new ReadableStream())],
  ['a frozen Observable', () => Object.freeze({ subscribe() {}, pipe() {} })],
  ['an array', () => [1, 2]],
  ['a Map', () => new Map([[1, 2]])],
  ['a function', () => () => 1],
  ['a class', () => class Answer {}],
  ['an object without prototype', () => Object.create(null)],
])('%s is returned as it is, and the call ends', (_name, make) => {
  const value = make();
  expect(Object.is(Traced('make')(() => value)(), value)).toBe(true);
  expect(telemetry.spans).toHaveLength(1);
  expect(telemetry.spans[0]?.status.code).toBe(SpanStatusCode.UNSET);
});

test('an error that passes through several calls tells its stack once, where it came from', () => {
  const inner = Traced('inner')(() => {
    throw new RangeError('deep');
  });
  const outer = Traced('outer')(() => inner());
  expect(outer).toThrow('deep');
  const [innerLog, outerLog] = telemetry.logs;
  expect(innerLog?.attributes['exception.stacktrace']).toContain('RangeError: deep');
  expect(outerLog?.attributes['exception.stacktrace']).toBeUndefined();
  expect(outerLog?.attributes['exception.message']).toBe('deep');
  expect(telemetry.spans.map(({ name, events }) => [name, events.map((event) => event.name)])).toEqual([
    ['inner', ['exception']],
    ['outer', []],
  ]);
});
