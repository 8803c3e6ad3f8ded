import { expect, test } from '@jest/globals';
import { type Context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { isTracingSuppressed, suppressTracing, unsuppressTracing } from '@opentelemetry/core';
import { layer } from '../../../lib/context/layered-context.js';

const [a, b, c] = [Symbol('a'), Symbol('b'), Symbol('c')] as const;

test.each<[string, (context: Context, key: symbol, value: unknown) => Context]>([
  ['layer()', layer],
  ['setValue()', (context, key, value) => layer(context, c, 0).setValue(key, value)],
])('%s sets a value above the others, and changes nothing below', (_way, set) => {
  const below = ROOT_CONTEXT.setValue(a, 1).setValue(b, 2);
  const context = set(below, a, 3);
  expect([a, b].map((key) => context.getValue(key))).toEqual([3, 2]);
  expect([a, b].map((key) => below.getValue(key))).toEqual([1, 2]);
});

test.each<[string, Context]>([
  ["the API's", ROOT_CONTEXT],
  ['a layered one', layer(ROOT_CONTEXT, a, 1)],
])('what OpenTelemetry keeps in contexts it finds in %s', (_whose, context) => {
  const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
  const baggage = propagation.createBaggage({ key: { value: 'value' } });
  const full = suppressTracing(propagation.setBaggage(trace.setSpan(context, span), baggage));
  expect(trace.getSpan(full)).toBe(span);
  expect(propagation.getBaggage(full)).toBe(baggage);
  expect(isTracingSuppressed(full)).toBe(true);
  const empty = unsuppressTracing(propagation.deleteBaggage(trace.deleteSpan(full)));
  expect([trace.getSpan(empty), propagation.getBaggage(empty)]).toEqual([undefined, undefined]);
  expect(isTracingSuppressed(empty)).toBe(false);
  expect(trace.getSpan(full)).toBe(span);
});

test('a value can be deleted, whoever set it', () => {
  const context = layer(ROOT_CONTEXT.setValue(a, 1), b, 2);
  expect(context.deleteValue(a).getValue(a)).toBeUndefined();
  expect(context.deleteValue(b).getValue(b)).toBeUndefined();
  expect(context.getValue(a)).toBe(1);
});

test('however deep, values stay what they are, and deleted ones stay away', () => {
  let context = layer(ROOT_CONTEXT.setValue(a, 'root'), b, 'low').deleteValue(a);
  for (let depth = 0; depth < 1000; depth++) context = context.setValue(c, depth);
  expect([a, b, c].map((key) => context.getValue(key))).toEqual([undefined, 'low', 999]);
});
