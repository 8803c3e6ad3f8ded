import { expect, test } from '@jest/globals';
import { createTraceState, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { sampledAt, TraceGroup } from '../../../../lib/sdk/sampling/trace-group.js';

const span = (traceFlags: TraceFlags, state?: string): SpanContext => ({
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  traceFlags,
  traceState: state === undefined ? undefined : createTraceState(state),
});

test('the probability of a span without a tracestate is not known, whatever was asked before', () => {
  expect(sampledAt(span(TraceFlags.SAMPLED, 'ot=th:c'))).toBe(0.25);
  expect(sampledAt(span(TraceFlags.SAMPLED))).toBeUndefined();
  expect(sampledAt(span(TraceFlags.SAMPLED, 'ot=th:8'))).toBe(0.5);
});

test('a group that no sampler wants stands for a number of traces that is not known', () => {
  const group = new TraceGroup(span(TraceFlags.NONE), 0);
  group.join(span(TraceFlags.NONE));
  expect([group.isSampled, group.weight]).toEqual([false, undefined]);
});

test('a group stands for as many traces as the most probable of its spans', () => {
  const group = new TraceGroup(span(TraceFlags.SAMPLED), 0);
  for (const state of ['ot=th:c', 'ot=th:8', 'ot=th:e']) group.join(span(TraceFlags.SAMPLED, state));
  expect([group.isSampled, group.weight]).toEqual([true, 2]);
  group.join(span(TraceFlags.SAMPLED));
  expect(group.weight).toBeUndefined();
});
