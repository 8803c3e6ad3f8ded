import { describe, expect, test } from '@jest/globals';
import { context, type Link, propagation, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import {
  Agent,
  type CommonOptions,
  Embedding,
  LlmCall,
  type MethodDecorator,
  Retrieval,
  recordEvent,
  requestContext,
  ToolCall,
  Traced,
  traceHandle,
  Workflow,
  withRequestContext,
} from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

type Decorate = (options: CommonOptions) => MethodDecorator<unknown[], unknown>;
const DECORATORS: [name: string, decorate: Decorate][] = [
  ['Traced', Traced],
  ['LlmCall', LlmCall],
  ['Embedding', Embedding],
  ['Retrieval', Retrieval],
  ['ToolCall', ToolCall],
  ['Agent', Agent],
  ['Workflow', Workflow],
];

const named = (name: string) => {
  const span = telemetry.captured.spans.find((candidate) => candidate.name === name);
  if (!span) throw new Error(`no span ${name} among ${telemetry.captured.spans.map((each) => each.name)}`);
  return span;
};
const linkedTo = (links: readonly Link[]) => links.map((link) => link.context.spanId);
const elsewhere = (digit: string): Link => ({
  context: { traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: TraceFlags.SAMPLED },
});

describe.each(DECORATORS)('@%s()', (_name, decorate) => {
  test('with root: true is a trace of its own, linked to the span that it was called in, in each form', () => {
    class Jobs {
      @decorate({ root: true })
      poll(): string | undefined {
        return trace.getActiveSpan()?.spanContext().traceId;
      }
    }
    const poll = decorate({ root: true })(() => trace.getActiveSpan()?.spanContext().traceId) as () => string;
    const traces = Traced('request')(() => [new Jobs().poll(), poll()])();

    const request = named('request').spanContext();
    const roots = telemetry.captured.spans.filter(({ name }) => name !== 'request');
    expect(roots.map((span) => span.spanContext().traceId)).toEqual(traces);
    expect(new Set([request.traceId, ...traces]).size).toBe(3);
    for (const root of roots) {
      expect(root.parentSpanContext).toBeUndefined();
      expect(linkedTo(root.links)).toEqual([request.spanId]);
    }
  });

  test('outside of any span it has nothing to be linked to', () => {
    decorate({ root: true })(() => 1)();
    expect(telemetry.captured.spans[0]?.links).toEqual([]);
  });

  test('has the links and the kind that it is given, and stays where it is', () => {
    const work = decorate({ links: (which: string) => [elsewhere(which)], kind: SpanKind.PRODUCER })(
      (_which: string) => 1,
    );
    Traced('request')(() => work('a'))();
    const [span] = telemetry.captured.spans;
    expect(span?.kind).toBe(SpanKind.PRODUCER);
    expect(span?.links).toMatchObject([elsewhere('a')]);
    expect(span?.parentSpanContext?.spanId).toBe(named('request').spanContext().spanId);
  });
});

test('what the root call calls belongs to its trace, and what comes after it to the one before', () => {
  const inner = Traced('inner')(() => {});
  const poll = Traced({ name: 'poll', root: true })(() => inner());
  Traced('request')(() => {
    poll();
    inner();
  })();
  const traces = telemetry.captured.spans.map((span) => [span.name, span.spanContext().traceId]);
  const [request, poll_] = [named('request').spanContext().traceId, named('poll').spanContext().traceId];
  expect(traces).toEqual([
    ['inner', poll_],
    ['poll', poll_],
    ['inner', request],
    ['request', request],
  ]);
});

test('a poll that a request started is one trace for each run; without root, all of it is the request’s', async () => {
  const run = async (options: object) => {
    const poll = Traced({ name: 'poll', ...options })(async () => 1);
    await Traced('request')(
      () =>
        new Promise<void>((done) => {
          let runs = 0;
          const tick = async () => {
            await poll();
            if (++runs === 3) return done();
            setTimeout(tick, 1);
          };
          setTimeout(tick, 1);
        }),
    )();
    const traces = new Set(telemetry.captured.spans.map((span) => span.spanContext().traceId));
    telemetry.captured.reset();
    return traces.size;
  };
  expect(await run({})).toBe(1);
  expect(await run({ root: true })).toBe(4);
});

test('it is sampled as the root that it is', async () => {
  const sampler = new ParentBasedSampler({ root: new AlwaysOffSampler() });
  await telemetry.restart({ sampler });
  const sampled = trace.setSpanContext(ROOT_CONTEXT, elsewhere('b').context);
  context.with(sampled, () => {
    Traced('child')(() => {})();
    Traced({ name: 'root', root: true })(() => {})();
  });
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['child']);
});

test('the request context and what the app keeps in the context go along', () => {
  const key = Symbol('own');
  const baggage = propagation.createBaggage({ plan: { value: 'gold' } });
  let seen: unknown[] = [];
  const poll = Traced({ root: true })(function poll() {
    const active = context.active();
    seen = [requestContext(), active.getValue(key), propagation.getBaggage(active)];
  });
  const around = propagation.setBaggage(context.active().setValue(key, 1), baggage);
  context.with(around, () => withRequestContext({ tenantId: 'acme' }, () => Traced('request')(() => poll())()));
  expect(seen).toEqual([{ tenantId: 'acme' }, 1, baggage]);
  expect(named('poll').attributes).toMatchObject({ 'annotel.tenant.id': 'acme' });
});

describe('it is no part of what it was called in:', () => {
  const answer = {
    object: 'chat.completion',
    model: 'm',
    choices: [],
    usage: { prompt_tokens: 5, completion_tokens: 1 },
  };
  const ask = LlmCall({ model: 'm' })(async () => answer);
  const rootAsk = LlmCall({ model: 'm', root: true, name: 'root' })(async () => answer);

  test('an agent does not count it, nor its tokens, and does not name it', async () => {
    const tool = ToolCall({ name: 'look', root: true })(() => 1);
    await Agent('helper')(async () => {
      await ask();
      await rootAsk();
      tool();
    })();
    expect(named('invoke_agent helper').attributes).toMatchObject({
      'annotel.agent.inference_calls': 1,
      'annotel.agent.tool_calls': 0,
      'gen_ai.usage.input_tokens': 5,
    });
    for (const root of [named('root'), named('execute_tool look')]) {
      expect(root.attributes).not.toHaveProperty(['gen_ai.agent.name']);
    }
  });

  test('a model call around it does not take it for itself', async () => {
    await LlmCall({ model: 'm', name: 'outer' })(async () => {
      await rootAsk();
      return { ...answer, usage: undefined };
    })();
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['root', 'outer']);
    expect(named('root').attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 5 });
    expect(named('outer').attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });

  test('a handle that is asked for around it is not one of its answer', async () => {
    const handles: unknown[] = [];
    await Traced('request')(async () => {
      handles.push(traceHandle());
      await rootAsk();
      handles.push(traceHandle());
    })();
    expect(handles[0]).toEqual(expect.any(String));
    expect(handles[1]).toBe(handles[0]);
  });

  test('what is said within it is said of it', () => {
    const poll = Traced({ name: 'poll', root: true })(() => recordEvent('polled'));
    Traced('request')(() => poll())();
    expect(named('poll').events).toMatchObject([{ name: 'polled' }]);
    expect(named('request').events).toEqual([]);
  });
});

test('an error that comes out of it does not repeat its arguments around it either', () => {
  const secret = 'a very private text';
  const poll = Traced({ name: 'poll', root: true })((text: string) => {
    throw new Error(`cannot read ${text}`);
  });
  const request = Traced('request')(() => {
    try {
      poll(secret);
    } catch (error) {
      throw new Error(`poll: ${(error as Error).message}`);
    }
  });
  expect(request).toThrow(secret);
  expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toContain(secret);
});

describe('links', () => {
  test('are added to that of a root', () => {
    const poll = Traced({ name: 'poll', root: true, links: [elsewhere('c')] })(() => {});
    Traced('request')(() => poll())();
    expect(linkedTo(named('poll').links)).toEqual([named('request').spanContext().spanId, 'c'.repeat(16)]);
  });

  test.each<[string, unknown]>([
    ['a link to nothing', [elsewhere('0'), elsewhere('d')]],
    ['a link without a context', [{}, undefined, elsewhere('d')]],
  ])('%s is left out', (_what, links) => {
    Traced({ links: () => links as Link[] })(() => {})();
    expect(linkedTo(telemetry.captured.spans[0]?.links ?? [])).toEqual(['d'.repeat(16)]);
  });

  test('that are no list, or cannot be had, cost only themselves', async () => {
    await telemetry.restart({ rethrowFaults: false });
    const faulty = () => {
      throw new Error('fault');
    };
    for (const links of [7, faulty, async () => []]) Traced({ links: links as never })(() => {})();
    expect(telemetry.captured.spans.map((span) => span.links)).toEqual([[], [], []]);
  });
});

test('a class takes them for each of its methods', () => {
  @Traced({ root: true, kind: SpanKind.CONSUMER, links: [elsewhere('e')] })
  class Loop {
    once(): void {}
    twice(): void {}
  }
  Traced('request')(() => {
    new Loop().once();
    new Loop().twice();
  })();
  const request = named('request').spanContext();
  for (const span of [named('Loop.once'), named('Loop.twice')]) {
    expect(span.kind).toBe(SpanKind.CONSUMER);
    expect(span.spanContext().traceId).not.toBe(request.traceId);
    expect(linkedTo(span.links)).toEqual([request.spanId, 'e'.repeat(16)]);
  }
});
