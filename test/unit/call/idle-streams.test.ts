import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Observable } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('a stream that is held but idle ends, at its last activity', () => {
  const held = Traced('held')(() => new Observable<number>(() => {}))();
  jest.advanceTimersByTime(9 * 60_000);
  expect(telemetry.captured.spans).toEqual([]);
  jest.advanceTimersByTime(2 * 60_000);
  expect(telemetry.captured.spans).toHaveLength(1);
  const [span] = telemetry.captured.spans;
  expect(span?.attributes['annotel.stream.end']).toBe('abandoned');
  expect(span?.duration[0]).toBe(0);
  expect(held).toBeInstanceOf(Observable);
});

test('a stream that delivers stays open however long it takes', () => {
  function* ticks() {
    while (true) yield 1;
  }
  const items = Traced('ticks')(ticks)();
  for (let minute = 0; minute < 60; minute++) {
    items.next();
    jest.advanceTimersByTime(60_000);
  }
  expect(telemetry.captured.spans).toEqual([]);
  items.return();
  expect(telemetry.captured.spans).toHaveLength(1);
});
