import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { Traced } from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';
import { type Case, FAILURE, type Probe } from '../../support/result-case.js';
import { CASES } from '../../support/result-shapes.js';

declare const DECORATORS: string;

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
  rethrowFaults(true);
});
afterEach(() => telemetry.stop());

type Body = () => unknown;

const FORMS: Record<string, (body: Body) => Body> = {
  [`${DECORATORS} method`](body) {
    class Subject {
      @Traced()
      run(): unknown {
        return body();
      }
    }
    return () => new Subject().run();
  },
  'plain function': (body) => Traced('Subject.run')(body),
};

const NO_PROBE: Probe = { stillOpen() {} };
const activeSpanId = () => trace.getActiveSpan()?.spanContext().spanId;

/** The value, or the very error, that using a result comes to. */
async function outcomeOf(use: () => unknown): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await use() };
  } catch (error) {
    return { error };
  }
}

describe.each(Object.entries(FORMS))('%s', (_form, observed) => {
  test.each(CASES.map((item) => [item.shape, item.outcome, item] as const))(
    '%s: %s',
    async (_shape, _outcome, item) => {
      const bare = await outcomeOf(() => item.use(item.body(() => {}) as never, NO_PROBE));
      const seen = await runInside(observed, item);

      expect(seen.outcome).toEqual(bare);
      if ('error' in bare && bare.error === FAILURE) expect((seen.outcome as { error: unknown }).error).toBe(FAILURE);
      if (item.identity && seen.returned !== undefined) expect(seen.received).toBe(seen.returned);

      const span = telemetry.spans.find(({ name }) => name === 'Subject.run');
      expect(telemetry.spans.map(({ name }) => name).sort()).toEqual(['Subject.run', 'caller']);
      expect(span?.parentSpanContext?.spanId).toBe(seen.callerSpanId);
      expect(span?.status.code).toBe(item.expected === 'failed' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
      expect(span?.attributes['annotel.stream.end']).toBe(item.expected === 'stopped' ? 'stopped' : undefined);
      expect(seen.bodySpanIds).toEqual(Array(item.bodyRuns).fill(span?.spanContext().spanId));
      expect(seen.contextKept).toBe(true);
    },
  );
});

/** Calls the observed body inside of a span of the caller's, and uses its result there. */
async function runInside(observed: (body: Body) => Body, item: Case) {
  const bodySpanIds: unknown[] = [];
  let returned: unknown;
  let received: unknown;
  let contextKept = true;
  const run = observed(() => {
    returned = item.body(() => bodySpanIds.push(activeSpanId()));
    return returned;
  });
  const caller = trace.getTracer('test').startSpan('caller');
  const callerSpanId = caller.spanContext().spanId;
  const stillOpen = () => {
    contextKept &&= activeSpanId() === callerSpanId;
    expect(telemetry.spans).toEqual([]);
  };
  const outcome = await context.with(trace.setSpan(context.active(), caller), () =>
    outcomeOf(() => {
      received = run();
      return item.use(received as never, { stillOpen });
    }),
  );
  caller.end();
  return { outcome, returned, received, bodySpanIds, callerSpanId, contextKept };
}
